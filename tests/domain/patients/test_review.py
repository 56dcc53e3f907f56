"""Which messages wait for a person, how a decision counts for later ones, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain.patients import review
from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.patients.review import Hold, Subject, status_hold
from sandbox.domain.record import Record
from sandbox.model import HeldMessage, Identifier, Options
from tests.domain.small_world import FIRST, SECOND, patient, sender, world

VERIFIED = KnownIdentifier(type="NHS", value="9991001379", kind="national", status="01")
UNVERIFIED, UNSTATED = replace(VERIFIED, status="02"), replace(VERIFIED, status="")
LOCAL = KnownIdentifier(type="type-hospital", value="1", kind="local", status="")
OTHER = KnownIdentifier(type="H_NUM", value="1", kind="national", status="")
NUMBERED = {"identifiers": (Identifier(type="NHS", value="9991001379"),)}
LOCAL_ONLY = "Local identifier only, and the record has an NHS Number"

CHECKS: dict[str, tuple[list[KnownIdentifier], dict[str, Any] | None, str]] = {
    "a verified number": ([VERIFIED], {}, ""),
    "another status": ([UNVERIFIED], {}, "NHS Number is not verified"),
    "no status": ([UNSTATED], {}, "NHS Number is not verified"),
    "an unverified number behind others": ([LOCAL, UNSTATED], {}, "NHS Number is not verified"),
    "a local number": ([LOCAL], {}, ""),
    "a local number of a new record": ([LOCAL], None, ""),
    "a local number of a record with an NHS number": ([LOCAL], NUMBERED, LOCAL_ONLY),
    "a verified number beside a local one": ([LOCAL, VERIFIED], NUMBERED, ""),
    "another national number": ([OTHER], NUMBERED, ""),
    "a local number of a record with another number": (
        [LOCAL], {"identifiers": (Identifier(type="type-hospital", value="1"),)}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHECKS)
def test_an_organisation_that_checks_the_status_lets_verified_numbers_pass(case: str):
    identifiers, values, reason = CHECKS[case]
    record = world()
    existing = None if values is None else patient(record, **values)
    strict = sender(record)
    strict = replace(strict, organisation=replace(strict.organisation, options=Options(nhs_status_checking=True)))
    hold = status_hold(strict, identifiers, existing)
    assert (hold.reason if hold else "") == reason
    assert status_hold(sender(record), identifiers, existing) is None


@pytest.mark.parametrize(("identifier", "status"), [(UNVERIFIED, "status 02"), (UNSTATED, "status not sent")])
def test_the_status_is_named(identifier: KnownIdentifier, status: str):
    record = world()
    strict = sender(record)
    strict = replace(strict, organisation=replace(strict.organisation, options=Options(nhs_status_checking=True)))
    hold = status_hold(strict, [identifier], None)
    assert hold is not None
    assert hold.differences == (status, "status 01 expected")


@pytest.mark.parametrize(("record", "id_", "key"), [("r", "1", "result 1"), ("", "1", ""), ("r", "", "")])
def test_a_subject_is_shared_if_it_has_a_record_and_an_id(record: str, id_: str, key: str):
    assert Subject(record, "result", id_).data_point == key


SUBJECT = Subject("r-1", "result", "1")


def held(record: Record, subject: Subject = SUBJECT, text: str = "MSH|", organisation: str = FIRST) -> HeldMessage:
    before = {message.id for message in record.store.all(HeldMessage)}
    review.hold(
        record, sender(record, organisation), Hold("why", ("a", "b")), subject,
        credential="c", message_type="ORU^R01", name="Ada", text=text,
    )  # fmt: skip
    return next(message for message in record.store.all(HeldMessage) if message.id not in before)


def test_a_held_message_says_why_and_about_whom():
    message = held(world())
    assert (message.reason, message.differences, message.outcome, message.patient) == ("why", ("a", "b"), "held", "Ada")
    assert (message.record, message.data_point, message.organisation) == ("r-1", "result 1", FIRST)


def test_the_latest_decision_of_a_person_counts():
    record = world()
    first, second, third = held(record), held(record), held(record)
    assert review.decision(record, sender(record), SUBJECT) == ""
    review.decide(record, first, "rejected")
    assert review.decision(record, sender(record), SUBJECT) == "rejected"
    record.clock.advance(timedelta(seconds=1))
    review.decide(record, third, "approved")
    assert review.decision(record, sender(record), SUBJECT) == "approved"
    record.clock.advance(timedelta(seconds=1))
    review.decide(record, second, "released")
    assert review.decision(record, sender(record), SUBJECT) == "approved"


@pytest.mark.parametrize(
    ("subject", "organisation"),
    [
        (Subject("r-2", "result", "1"), FIRST),
        (Subject("r-1", "document", "1"), FIRST),
        (Subject("r-1", "result", "2"), FIRST),
        (SUBJECT, SECOND),
        (Subject("", "result", "1"), FIRST),
    ],
)
def test_a_decision_is_about_one_subject_of_one_organisation(subject: Subject, organisation: str):
    record = world()
    message = held(record)
    held(record, Subject("", "result", "1"))
    assert review.waiting(record, sender(record), SUBJECT) == [message]
    assert review.waiting(record, sender(record, organisation), subject) == []
    review.decide(record, message, "approved")
    assert review.waiting(record, sender(record), SUBJECT) == []
    assert review.decision(record, sender(record, organisation), subject) == ""


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_beginning_of_a_decided_message_is_kept(more: int):
    record = world()
    message = held(record, text="x" * (review.READABLE + more))
    assert len(message.text) == review.READABLE + more
    decided = review.decide(record, message, "approved")
    assert len(decided.text) == min(review.READABLE, review.READABLE + more)
    assert decided.decided_at == record.now()
