"""Work for later: when it is done, in which order, at which time, and what an error does."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.base.clock import Clock
from sandbox.domain import due
from sandbox.domain.data_points.messages import Letter, write_message
from sandbox.domain.notifications.reminders import remind
from sandbox.domain.record import Cause, Record
from sandbox.model import Contact, DueWork, OutboxItem, Patient
from tests.domain.small_world import NOW, patient, world

SECOND = timedelta(seconds=1)


def test_work_is_done_in_the_order_of_its_times_at_these_times():
    record = Record(world().store, Clock(NOW), world().ids, cause=Cause("x-1", "hl7"))
    for subject, late in (("b", 2), ("a", 1), ("c", 3), ("d", 4)):
        due.schedule(record, "act", subject, NOW + late * SECOND)
    record.clock.advance(3 * SECOND)
    acts = {"act": lambda then, subject: f"{subject} at {then.now().second} of {then.cause.exchange} {then.cause.api}"}
    assert due.carry_out(record, acts) == [f"{subject} at {n} of x-1 hl7" for n, subject in enumerate("abc", 1)]
    assert [work.subject for work in record.store.all(DueWork)] == ["d"]
    assert record.now() == NOW + 3 * SECOND


def test_work_that_schedules_more_is_followed_by_what_is_due_too():
    record = world()
    due.schedule(record, "act", "1", NOW)

    def act(then: Record, subject: str) -> str:
        if subject != "3":
            due.schedule(then, "act", str(int(subject) + 1), then.now() + SECOND)
        return subject

    record.clock.advance(SECOND)
    assert due.carry_out(record, {"act": act}) == ["1", "2"]


def test_an_error_of_one_piece_stops_no_other_and_changes_nothing(caplog: pytest.LogCaptureFixture):
    record = world()
    for subject in ("bad", "good", "quiet"):
        due.schedule(record, "act", subject, NOW)

    def act(then: Record, subject: str) -> str:
        patient(then, subject)
        if subject == "bad":
            raise ValueError(subject)
        return "" if subject == "quiet" else subject

    with caplog.at_level(logging.ERROR):
        assert due.carry_out(record, {"act": act}) == ["good"]
    assert sorted(entity.id for entity in record.store.all(Patient)) == ["good", "quiet"]
    assert "due work act bad failed" in caplog.text


def test_work_is_scheduled_once_and_cancelled():
    record = world()
    due.cancel(record, "act", "a")
    due.schedule(record, "act", "a", NOW)
    due.schedule(record, "act", "a", NOW + SECOND)
    assert [work.at for work in record.store.all(DueWork)] == [NOW + SECOND]
    assert (due.is_scheduled(record.store, "act", "a"), due.is_scheduled(record.store, "act", "b")) == (True, False)
    due.cancel(record, "act", "a")
    assert not due.is_scheduled(record.store, "act", "a")


@pytest.mark.parametrize(("late", "is_due"), [(-1, True), (0, True), (1, False)])
def test_work_is_due_from_its_time_on(late: int, is_due: bool):
    record = world()
    assert not due.is_any_due(record.store, NOW)
    due.schedule(record, "act", "a", NOW + late * SECOND)
    assert due.is_any_due(record.store, NOW) is is_due
    assert len(due.carry_out(record, {"act": lambda then, subject: subject})) == is_due


def test_the_seconds_until_the_next_work_are_those_of_a_real_clock():
    record, real = world(), Clock()
    assert due.seconds_until_next(record.store, real) == math.inf
    due.schedule(record, "act", "a", datetime.now(UTC) + timedelta(hours=1))
    assert 3500 < due.seconds_until_next(record.store, real) <= 3600
    assert due.seconds_until_next(record.store, Clock(NOW)) == math.inf
    due.schedule(record, "act", "b", NOW)
    real.advance(timedelta(days=36500))
    assert due.seconds_until_next(record.store, real) == 0.0


@pytest.mark.parametrize(
    ("is_read", "emails", "line"),
    [(False, True, "Reminder to ada@example.org: unopened message "), (True, True, ""), (False, False, "")],
)
def test_an_unopened_message_is_reminded_of(is_read: bool, emails: bool, line: str):
    record = world()
    contacts = (Contact(value="ada@example.org", primary=True),) if emails else ()
    ada = patient(record, contacts=contacts, registered=True)
    message = write_message(record, ada, ada, [ada], Letter(subject="S"), draft=False)
    if is_read:
        record.store.put(replace(message, status="READ"))
    text = remind(record, f"message/{message.id}")
    assert text == (f"{line}{message.id}" if line else "")
    reminders = [item for item in record.store.all(OutboxItem) if item.kind == "reminder"]
    assert [item.suppressed for item in reminders] == ["read-in-app" if is_read else "" if emails else "no-address"]
    record.store.delete(message)
    assert remind(record, f"message/{message.id}") == ""
