"""When a carer's access to a child's record ends, and when both are warned, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.domain import due
from sandbox.domain.patients import carers
from sandbox.domain.patients.carers import END, WARNING
from sandbox.domain.record import Record
from sandbox.model import Consent, Contact, DueWork, Grantee, Name, OutboxItem, Patient
from tests.domain.small_world import NOW, patient, world

CHILD, CARER, CONSENT = "p-child", "p-carer", "c-1"
BORN = date(2012, 5, 21)
"""Thirteen in 2025, sixteen in 2028, eighteen in 2030; the world's time is 1 March 2026."""
SIXTEEN, EIGHTEEN = datetime(2028, 5, 20, 23, tzinfo=UTC), datetime(2030, 5, 20, 23, tzinfo=UTC)
"""Midnight in London, in summer."""


def person(record: Record, id_: str, **values: Any) -> Patient:
    contacts = (Contact(value=f"{id_}@example.org", primary=True),)
    return patient(record, id_, **{"contacts": contacts, "registered": True, "name": Name(given=id_), **values})


def family(born: date | None = BORN, **values: Any) -> tuple[Record, Consent]:
    """A world with a child and the consent of a carer, given now."""
    record = world()
    person(record, CHILD, date_of_birth=born)
    person(record, CARER)
    grantee = Grantee(kind=values.pop("kind", "carer"), id=CARER)
    consent = Consent(
        **{
            "id": CONSENT,
            "patient": CHILD,
            "grantee": grantee,
            "labels": ("GENERAL_HEALTH",),
            "updated_at": NOW,
            **values,
        }
    )
    record.store.put(consent)
    return record, consent


def scheduled(record: Record) -> dict[str, datetime]:
    return {work.kind: work.at for work in record.store.all(DueWork)}


def at(record: Record, now: datetime) -> Record:
    record.clock.freeze(now)
    return record


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOW, {END: SIXTEEN, WARNING: datetime(2028, 2, 21, 6, tzinfo=UTC)}),
        (datetime(2028, 2, 21, 5, 59, tzinfo=UTC), {END: SIXTEEN, WARNING: datetime(2028, 2, 21, 6, tzinfo=UTC)}),
        (datetime(2028, 2, 21, 6, tzinfo=UTC), {END: SIXTEEN}),
        (SIXTEEN - timedelta(seconds=1), {END: SIXTEEN}),
        (SIXTEEN, {END: EIGHTEEN, WARNING: datetime(2030, 2, 21, 6, tzinfo=UTC)}),
        (EIGHTEEN, {}),
    ],
    ids=str,
)
def test_the_next_birthday_ends_an_access_and_three_months_before_it_comes_a_warning(
    now: datetime, expected: dict[str, datetime]
):
    record, consent = family()
    carers.schedule(at(record, now), consent, BORN)
    assert scheduled(record) == expected


def test_an_earlier_schedule_is_replaced_and_has_no_cause():
    record, consent = family()
    carers.schedule(record, consent, BORN)
    carers.schedule(at(record, EIGHTEEN), consent, BORN)
    assert scheduled(record) == {}
    carers.schedule(at(record, NOW), consent, None)
    assert scheduled(record) == {}


CHANGES: dict[str, tuple[Any, Any, bool]] = {
    "a consent is given": (None, {}, True),
    "a consent is given again": ({"discharged": True}, {}, True),
    "a consent ends": ({}, {"discharged": True}, False),
    "a professional is given consent": (None, {"kind": "professional"}, False),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_consent_of_a_carer_affects_the_end_of_an_access(case: str):
    before, after, affects = CHANGES[case]
    earlier = None if before is None else family(**before)[1]
    assert carers.affects_end_of_access(earlier, family(**after)[1]) is affects


@pytest.mark.parametrize(
    ("before", "after", "affects"),
    [
        ({}, {}, False),
        ({}, {"date_of_birth": BORN}, True),
        ({"date_of_birth": BORN}, {"date_of_birth": BORN, "phone": "1"}, False),
        ({"date_of_birth": BORN}, {}, True),
        (None, {"date_of_birth": BORN}, False),
        ({"date_of_birth": BORN}, None, False),
    ],
    ids=str,
)
def test_another_date_of_birth_affects_the_end_of_an_access(before: Any, after: Any, affects: bool):
    earlier, later = (None if row is None else patient(world(), **row) for row in (before, after))
    assert carers.affects_end_of_access(earlier, later) is affects


@pytest.mark.parametrize(
    ("values", "is_scheduled"), [({}, True), ({"discharged": True}, False), ({"kind": "professional"}, False)], ids=str
)
def test_a_change_of_the_date_of_birth_schedules_open_accesses_anew(values: dict[str, Any], is_scheduled: bool):
    record, _ = family(**values)
    carers.reschedule(record, record.store.get(Patient, CHILD))
    assert (scheduled(record).get(END) == SIXTEEN) is is_scheduled
    assert len(scheduled(record)) == 2 * is_scheduled


def test_a_consent_that_is_given_is_scheduled():
    record, consent = family()
    carers.reschedule(record, consent)
    assert scheduled(record)[END] == SIXTEEN


@pytest.mark.parametrize(
    ("values", "is_warned"),
    [({}, True), ({"kept": True}, False), ({"discharged": True}, False)],
    ids=str,
)
def test_patient_and_carer_are_warned_unless_the_access_is_extended_or_over(values: dict[str, Any], is_warned: bool):
    record, _ = family(**values)
    line = carers.warn(record, CONSENT)
    expected = f"Warning: the access of {CARER} to the record of {CHILD} ends on 2028-05-21"
    assert line == (expected if is_warned else "")
    mailed = sorted(item.to for item in record.store.all(OutboxItem))
    assert mailed == [f"{CARER}@example.org", f"{CHILD}@example.org"] * is_warned


def test_on_a_birthday_the_warning_is_of_the_next():
    record, _ = family()
    assert carers.warn(at(record, SIXTEEN), CONSENT).endswith("ends on 2030-05-21")


@pytest.mark.parametrize(
    ("values", "word", "is_over"),
    [({}, "ended", True), ({"kept": True}, "was extended", False), ({"discharged": True}, "", True)],
    ids=str,
)
def test_a_birthday_ends_an_access_or_takes_its_extension(values: dict[str, Any], word: str, is_over: bool):
    record, _ = family(**values)
    line = carers.end(at(record, SIXTEEN), CONSENT)
    assert line == (f"Birthday: the access of {CARER} to the record of {CHILD} {word}" if word else "")
    after = record.store.get(Consent, CONSENT)
    assert (after.discharged, after.kept) == (is_over, False)
    assert (after.updated_at == SIXTEEN) is (word == "ended")
    assert (scheduled(record).get(END) == EIGHTEEN) is (word == "was extended")
    assert bool(list(record.store.all(OutboxItem))) is (word == "ended")


@pytest.mark.parametrize("act", [carers.warn, carers.end])
def test_a_consent_that_is_gone_is_nothing_to_do(act: Any):
    assert act(world(), CONSENT) == ""


THIRTEEN = datetime(2025, 5, 20, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "ended_at"),
    [
        ({"updated_at": THIRTEEN - timedelta(days=1)}, THIRTEEN),
        ({"updated_at": THIRTEEN}, None),
        ({"updated_at": THIRTEEN - timedelta(days=1), "kept": True}, None),
        ({"updated_at": THIRTEEN - timedelta(days=1), "born": None}, None),
        ({"updated_at": THIRTEEN - timedelta(days=1), "kind": "professional"}, None),
    ],
    ids=str,
)
def test_a_world_begins_without_accesses_that_ended_before(values: dict[str, Any], ended_at: datetime | None):
    record, consent = family(**values)
    carers.end_past_access(record)
    after = record.store.get(Consent, CONSENT)
    assert after.discharged is (ended_at is not None)
    assert after.updated_at == (ended_at or consent.updated_at)
    assert bool(scheduled(record)) is (ended_at is None and "born" not in values and "kind" not in values)
    assert list(record.store.all(OutboxItem)) == []


def test_an_access_that_ends_just_now_has_ended_before():
    record, _ = family(updated_at=NOW)
    carers.end_past_access(at(record, SIXTEEN))
    assert record.store.get(Consent, CONSENT).updated_at == SIXTEEN


@pytest.mark.parametrize(
    ("now", "is_over", "kinds"),
    [
        (SIXTEEN - timedelta(days=200), False, (END, WARNING)),
        (datetime(2028, 2, 21, 6, tzinfo=UTC), False, (END,)),
        (SIXTEEN, True, ()),
        (SIXTEEN + timedelta(days=1), True, ()),
    ],
    ids=str,
)
def test_a_world_that_goes_on_ends_what_has_become_due_since(now: datetime, is_over: bool, kinds: tuple[str, ...]):
    record, consent = family()
    carers.schedule(record, consent, BORN)
    due.schedule(record, "reminder", "document/d-1", NOW)
    carers.end_due_access(at(record, now))
    assert record.store.get(Consent, CONSENT).discharged is is_over
    assert set(scheduled(record)) == {*kinds, "reminder"}


def test_an_access_that_is_over_already_stays_as_it_was():
    record, consent = family()
    carers.schedule(record, consent, BORN)
    record.store.put(replace(consent, discharged=True))
    carers.end_due_access(at(record, EIGHTEEN))
    assert record.store.get(Consent, CONSENT).updated_at == NOW
    assert scheduled(record) == {}
