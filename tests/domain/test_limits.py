"""The rules of the record at the very instant, age or length where they begin to hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest

from sandbox.domain import due
from sandbox.domain.data_points.entry import is_active
from sandbox.domain.notifications.news import events
from sandbox.domain.notifications.suppression import REASONS, is_mobile
from sandbox.domain.patients import demographics, invitations, roll
from sandbox.model import Code, DueWork, Medication, Organisation, Source
from sandbox.model.intake import Demographics
from tests.domain.small_world import FIRST, NOW, patient, world

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("start", "end", "is_listed"),
    [
        (None, None, True), (NOW, None, True), (NOW + SECOND, None, False), (None, NOW, False),
        (None, NOW + SECOND, True), (NOW, NOW + SECOND, True),
    ],
)  # fmt: skip
def test_a_patient_changed_at_the_start_is_listed_and_one_at_the_end_is_not(
    start: datetime | None, end: datetime | None, is_listed: bool
):
    changed = patient(world())
    assert roll.changed_between([changed], start, end) == ([changed] if is_listed else [])


@pytest.mark.parametrize(("end", "expected"), [(None, True), (NOW - SECOND, False), (NOW, False), (NOW + SECOND, True)])
def test_a_medication_is_over_at_its_end(end: datetime | None, expected: bool):
    entered: Any = {"entered_at": NOW, "persisted_at": NOW, "source": Source(organisation=FIRST)}
    medication = Medication(id="m", patient="p-1", substance=Code(text="x"), end_at=end, **entered)
    assert is_active(medication, NOW) is expected


def event(name: str, at: datetime | None) -> Any:
    """A notice of the first kind of event with such a rule about its time."""
    kind = next(row for row in events().values() if row.stale == name)
    return cast(Any, type("Notice", (), {"event": kind, "news": type("News", (), {"at": at}), "record": world()}))


WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("rule", "at", "is_stale"),
    [
        ("in-the-past", NOW - SECOND, True), ("in-the-past", NOW, False), ("in-the-past", None, False),
        ("older-than-a-week", NOW - WEEK - SECOND, True), ("older-than-a-week", NOW - WEEK, False),
        ("older-than-a-week", None, False),
    ],
)  # fmt: skip
def test_an_event_is_too_old_after_the_instant_of_its_rule(rule: str, at: datetime | None, is_stale: bool):
    reasons = dict(REASONS)
    assert any(applies(event(rule, at)) for applies in (reasons[rule],)) is is_stale


@pytest.mark.parametrize(
    ("phone", "gets_texts"),
    [
        ("07700 900123", True), ("+447700900123", True), ("+44 (0)7700 900123", True), ("0044 7700 900123", True),
        ("+33612345678", True), ("0033 612345678", True), ("020 7946 0000", False), ("+44 20 7946 0000", False),
        ("00442079460000", False), ("", False),
    ],
)  # fmt: skip
def test_a_text_message_goes_to_a_mobile_number(phone: str, gets_texts: bool):
    assert is_mobile(phone) is gets_texts


@pytest.mark.parametrize(
    ("born", "can", "is_child"),
    [
        (date(2010, 3, 1), True, False),
        (date(2010, 3, 2), False, True),
        (date(2010, 2, 28), True, False),
        (None, False, False),
    ],
)
def test_a_patient_can_be_invited_from_the_sixteenth_birthday(born: date | None, can: bool, is_child: bool):
    record = world()
    person = patient(record, date_of_birth=born)
    assert invitations.can_be_invited(record, person, record.store.get(Organisation, FIRST)) is can
    assert invitations.is_child(record, born) is is_child


@pytest.mark.parametrize(("seconds", "is_changed"), [(-1, False), (0, True), (1, True)])
def test_a_message_as_old_as_the_record_changes_it(seconds: int, is_changed: bool):
    record = world()
    before = patient(record)
    values = Demographics(given="Grace", family="Byrne")
    after = demographics.update(record, before, values, [], NOW + timedelta(seconds=seconds))
    assert (after.name.given == "Grace") is is_changed


@pytest.mark.parametrize(("seconds", "waits"), [(-1, True), (0, True), (1, False)])
def test_work_is_due_at_its_instant(seconds: int, waits: bool):
    record = world()
    assert not due.is_any_due(record.store, NOW)
    due.schedule(record, "carer-end", "c-1", NOW + timedelta(seconds=seconds))
    assert due.is_any_due(record.store, NOW) is waits
    assert record.store.count(DueWork) == 1
    due.cancel(record, "carer-end", "c-1")
    due.cancel(record, "carer-end", "c-1")
    assert record.store.count(DueWork) == 0
