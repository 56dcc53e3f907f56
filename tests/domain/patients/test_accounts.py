"""Accounts of patients, carers and users: created, changed and ended, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from sandbox.domain.patients import accounts
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import (
    Consent,
    Contact,
    Demographics,
    Grantee,
    Invitation,
    Name,
    OutboxItem,
    Patient,
    SentIdentifier,
    User,
)
from tests.domain.small_world import FIRST, NOW, patient, sender, world

NUMBER, OTHER_NUMBER, EMAIL = "9991001379", "9991002758", "carer@example.org"
LABELS = ("GENERAL_HEALTH",)


def values(number: str = NUMBER, **more: Any) -> Demographics:
    identifiers = (SentIdentifier(value=number, assigning_authority="NHS", type_code="NH"),) if number else ()
    return Demographics(**{"family": "Byrne", "given": "Ada", "identifiers": identifiers, **more})


def create(record: Record, number: str = NUMBER) -> Patient:
    return accounts.create_patient(record, sender(record), values(number))


def test_a_patient_is_created_once():
    record = world()
    created = create(record)
    assert (created.organisations, created.identifiers[0].value) == ((FIRST,), NUMBER)
    with pytest.raises(Conflict, match="already exists"):
        create(record)
    assert create(record, OTHER_NUMBER).id != created.id


@pytest.mark.parametrize(("number", "is_taken"), [("", False), (NUMBER, False), (OTHER_NUMBER, True)])
def test_a_number_of_another_record_is_taken(number: str, is_taken: bool):
    record = world()
    ada, _ = create(record), create(record, OTHER_NUMBER)
    if is_taken:
        with pytest.raises(Conflict, match="already exists"):
            accounts.update_patient(record, ada, values(number))
    else:
        assert accounts.update_patient(record, ada, values(number, family="Bell")).name.family == "Bell"


@pytest.mark.parametrize("emails", [(), (EMAIL,)])
def test_an_address_is_added_where_it_is_sent(emails: tuple[str, ...]):
    record = world()
    changed = accounts.update_patient(record, create(record), values("", emails=emails))
    assert tuple(contact.value for contact in changed.contacts) == emails
    assert record.store.get(Patient, changed.id) == changed


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_change_is_never_older_than_the_last_message(hours: int):
    record = world()
    ada = replace(create(record), entered_at=NOW + timedelta(hours=hours))
    changed = accounts.update_patient(record, ada, values("", family="Bell"))
    assert changed.entered_at == max(NOW, ada.entered_at)


# --- carers ---


def carer(record: Record, child: Patient, **more: Any) -> Patient:
    return accounts.add_carer(record, child, values("", **{"emails": (EMAIL,), **more}), LABELS)


def letters(record: Record) -> list[tuple[str, str, str, bool]]:
    """Kind, recipient, record and whether there is a link, of what carers get."""
    items = [item for item in record.store.all(OutboxItem) if item.to.casefold() == EMAIL]
    return [(item.kind, item.to, item.patient, bool(item.links)) for item in items]


def test_a_new_carer_has_a_record_a_consent_and_an_invitation():
    record = world()
    child = create(record)
    added = carer(record, child, title="Mx", phone="07700 900000", gender="OTHER", date_of_birth=date(1980, 1, 1))
    assert (added.name, added.phone, added.gender) == (
        Name(family="Byrne", given="Ada", title="Mx"), "07700 900000", "OTHER",
    )  # fmt: skip
    assert (added.email, added.registered, added.date_of_birth) == (EMAIL, False, date(1980, 1, 1))
    (consent,) = record.store.find(Consent, "grantee", (child.id, added.id))
    assert (consent.grantee, consent.labels) == (Grantee(kind="carer", id=added.id), LABELS)
    assert letters(record) == [("invitation", EMAIL, added.id, True)]
    assert [row.patient for row in record.store.all(Invitation)] == [added.id]


def test_what_is_not_sent_of_a_carer_is_empty():
    record = world()
    added = carer(record, create(record), family=None, given=None)
    assert (added.name, added.phone, added.gender) == (Name(), "", "UNKNOWN")


def test_a_carer_who_has_a_record_keeps_it():
    record = world()
    child = create(record)
    existing = patient(record, "p-2", contacts=(Contact(value="Carer@example.org", primary=True),))
    assert carer(record, child).id == existing.id
    assert letters(record) == [("notification", "Carer@example.org", child.id, False)]
    with pytest.raises(Conflict, match="an existing carer"):
        carer(record, child)
    assert carer(record, create(record, OTHER_NUMBER)).id == existing.id


def test_the_patient_and_professionals_are_no_carers():
    record = world()
    child = patient(record, organisations=(FIRST,), contacts=(Contact(value=EMAIL, primary=True),))
    with pytest.raises(Conflict, match="belongs to the patient"):
        carer(record, child)
    user = User(id="u", legacy_id=1, name=Name(), email="u@example.org", password="p", scope="", organisation=FIRST)
    record.store.put(user)
    with pytest.raises(Conflict, match="belongs to a professional"):
        carer(record, child, emails=("U@example.org",))
    with pytest.raises(Invalid, match="email is missing"):
        carer(record, child, emails=())
    accounts.deactivate(record, user)
    assert record.store.get(User, "u").active is False


def test_a_record_without_an_organisation_invites_nobody():
    record = world()
    with pytest.raises(Conflict, match="does not belong to an organisation"):
        carer(record, patient(record, organisations=()))


def test_an_account_ends_and_the_record_stays():
    record = world()
    ada = patient(record, registered=True, password="p", updated_at=NOW - timedelta(1))
    accounts.deactivate(record, ada)
    after = record.store.get(Patient, ada.id)
    assert (after.registered, after.password, after.registration_changed_at, after.updated_at) == (False, "", NOW, NOW)
    assert accounts.set_notifications(record, after, "time-sensitive").notifications == "time-sensitive"
