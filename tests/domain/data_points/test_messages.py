"""Messages between people, their files and reading, without a server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain.data_points import messages
from sandbox.domain.data_points.messages import Correspondent, Letter
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import Consent, Contact, Grantee, Message, Name, OutboxItem, Patient, User
from tests.domain.small_world import FIRST, MAIN, NOW, patient, world

LETTER = Letter(subject="Results")


def person(record: Record, id_: str = "p-1", **values: Any) -> Patient:
    contacts = (Contact(value=f"{id_}@example.org", primary=True),)
    return patient(record, id_, **{"contacts": contacts, "registered": True, **values})


def user(record: Record, email: str = "u-1@example.org") -> User:
    entity = User(id="u-1", legacy_id=1, name=Name(), email=email, password="", scope="", organisation=FIRST, team=MAIN)
    record.store.put(entity)
    return entity


def write(
    record: Record, sender: Correspondent, *recipients: Correspondent, letter: Letter = LETTER, draft: bool = False
) -> Message:
    return messages.write_message(
        record, record.store.get(Patient, "p-1"), sender, list(recipients), letter, draft=draft, route="WEBAPP"
    )


def mailed(record: Record) -> list[str]:
    return [item.to for item in record.store.all(OutboxItem) if item.channel == "email" and not item.suppressed]


def test_a_message_has_its_sender_as_source():
    record = world()
    ada, bright = person(record), user(record)
    first, second = write(record, bright, ada), write(record, ada, bright)
    assert (first.source.organisation, first.source.team, first.source.person) == (FIRST, MAIN, "u-1")
    assert (second.source.organisation, second.source.team, second.source.person) == (None, None, "p-1")
    assert (first.status, first.recipients, first.source.route) == ("UNREAD", ("p-1",), "WEBAPP")
    assert first.conversation != second.conversation


@pytest.mark.parametrize(("draft", "is_refused"), [(False, True), (True, False)])
def test_a_message_without_a_recipient_is_a_draft(draft: bool, is_refused: bool):
    record = world()
    ada = person(record)
    if is_refused:
        with pytest.raises(Invalid, match="needs a recipient"):
            write(record, ada, draft=draft)
    else:
        assert write(record, ada, draft=draft).status == "DRAFT"


def test_a_draft_notifies_nobody():
    record = world()
    write(record, user(record), person(record), draft=True)
    assert mailed(record) == []


def test_a_conversation_goes_on_within_its_record():
    record = world()
    ada = person(record)
    first = write(record, ada, user(record))
    second = write(record, ada, user(record), letter=Letter(subject="Re", conversation=first.conversation))
    assert second.conversation == first.conversation
    other = person(record, "p-2")
    for name in (first.conversation, "unknown"):
        with pytest.raises(Invalid, match=f"no conversation {name}"):
            messages.write_message(record, other, other, [ada], Letter(subject="", conversation=name), draft=False)


def with_carer(record: Record, label: str = "GENERAL_HEALTH") -> Patient:
    carer = person(record, "p-carer")
    grantee = Grantee(kind="carer", id=carer.id)
    record.store.put(Consent(id="c", patient="p-1", grantee=grantee, labels=(label,), updated_at=NOW))
    return carer


CASES: dict[str, tuple[list[str], str, list[str]]] = {
    "the patient": (["p-1"], "GENERAL_HEALTH", ["p-1", "p-carer"]),
    "the patient and the carer": (["p-1", "p-carer"], "GENERAL_HEALTH", ["p-1", "p-carer"]),
    "a carer who does not see it": (["p-1", "p-carer"], "MENTAL_HEALTH", ["p-1", "p-carer"]),
    "a professional": (["u-1"], "GENERAL_HEALTH", ["u-1"]),
    "a professional and the patient": (["u-1", "p-1"], "GENERAL_HEALTH", ["p-1", "p-carer", "u-1"]),
    "another patient": (["p-2"], "GENERAL_HEALTH", ["p-2"]),
}
"""Recipients, the label that the carer may see, and who gets an e-mail."""


@pytest.mark.parametrize("case", CASES)
def test_each_recipient_gets_one_e_mail(case: str):
    names, label, expected = CASES[case]
    record = world()
    people: dict[str, Correspondent] = {"p-1": person(record), "p-2": person(record, "p-2"), "u-1": user(record)}
    people["p-carer"] = with_carer(record, label)
    write(record, people["p-2"], *(people[name] for name in names))
    assert mailed(record) == [f"{name}@example.org" for name in expected]


def test_a_recipient_without_an_address_gets_none():
    record = world()
    write(record, person(record), user(record, ""))
    assert list(record.store.all(OutboxItem)) == []


def test_the_first_reading_of_a_message_counts():
    record = world()
    message = write(record, user(record), person(record))
    assert not messages.is_opened(record, message)
    opened = messages.mark_read(record, message)
    assert (messages.is_opened(record, opened), opened.read_at) == (True, NOW)
    record.clock.advance(timedelta(hours=1))
    assert messages.mark_read(record, opened).read_at == NOW
    with pytest.raises(Conflict, match="draft"):
        messages.mark_read(record, write(record, user(record), draft=True))


def test_the_notification_has_the_subject():
    record = world()
    news = messages.news(record, write(record, user(record), person(record)))
    assert (news.event, news.title, news.about.kind) == ("message", "Results", "message")
