"""News that are sent once a day, reminders on the next morning, and what the outbox keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain import due
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.audience import REMINDER, next_morning, notify, remind
from sandbox.domain.record import Cause
from sandbox.model import OutboxItem
from tests.domain.notifications.people import (
    ADA,
    enable,
    items,
    news,
    person,
    texts,
)
from tests.domain.small_world import FIRST, NOW, world

# --- once a day ---


@pytest.mark.parametrize(
    ("hours", "reason"),
    [(0, "already-one-today"), (11, "already-one-today"), (12, ""), (24, "")],
)
def test_daily_news_are_sent_once_a_day_of_london(hours: int, reason: str):
    record = world()
    ada = person(record)
    notify(record, ada, news("measurement"))
    record.clock.advance(timedelta(hours=hours))
    notify(record, ada, news("result"))
    assert items(record) == [("email", ADA, ""), ("email", ADA, reason)]


def test_other_news_are_sent_each_time():
    record = world()
    ada = person(record)
    for _ in range(2):
        notify(record, ada, news("plan"))
    assert items(record) == [("email", ADA, "")] * 2


@pytest.mark.parametrize(
    ("event", "exchanges", "number"),
    [
        ("measurement", ("x-1", "x-1"), 1),
        ("measurement", ("x-1", "x-2"), 2),
        ("measurement", (None, None), 2),
        ("plan", ("x-1", "x-1"), 2),
    ],
)
def test_daily_news_of_one_exchange_are_one_item(event: str, exchanges: tuple[str | None, ...], number: int):
    record = world()
    ada = person(record)
    for exchange in exchanges:
        notify(replace(record, cause=Cause(exchange, "rest")), ada, news(event))
    assert len(items(record)) == number


# --- reminders ---


def test_a_reminder_comes_at_six_in_london_on_the_next_day():
    assert next_morning(NOW).isoformat() == "2026-03-02T06:00:00+00:00"
    assert next_morning(NOW.replace(month=7, hour=23)).isoformat() == "2026-07-03T05:00:00+00:00"


@pytest.mark.parametrize(
    ("event", "values", "is_scheduled"),
    [
        ("document", {}, True),
        ("plan", {}, False),
        ("document", {"email": ""}, False),
        ("document", {"registered": False}, False),
    ],
    ids=str,
)
def test_what_was_mailed_is_reminded_of(event: str, values: dict[str, Any], is_scheduled: bool):
    record = world()
    enable(record, notify_nhs_app=True)
    notify(record, person(record, **values), news(event))
    assert due.is_scheduled(record.store, REMINDER, "document/d-1") is is_scheduled


@pytest.mark.parametrize("later", [0, 3, -3])
def test_a_reminder_waits_for_the_release(later: int):
    record = world()
    notify(record, person(record), news(released_at=NOW + timedelta(days=later)))
    record.clock.advance(timedelta(days=max(later, 0), hours=17, minutes=59))
    assert not due.is_any_due(record.store, record.now())
    record.clock.advance(timedelta(minutes=1))
    assert due.is_any_due(record.store, record.now())


@pytest.mark.parametrize("opened", [True, False])
def test_a_reminder_is_an_e_mail_unless_the_item_was_opened(opened: bool):
    record = world()
    enable(record, notify_nhs_app=True)
    assert remind(record, person(record), news(), opened=opened) == ([] if opened else [ADA])
    assert items(record) == [("email", ADA, "read-in-app" if opened else "")]
    assert texts(record) == ["a reminder: there is a new document in your record in Patients Know Best"]


# --- the outbox ---


def test_the_outbox_keeps_the_newest_sent_and_the_newest_suppressed_items(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbox, "KEPT", 2)
    record = world()
    for number in range(3):
        for suppressed in ("", "frozen"):
            to = f"{number}{suppressed}"
            outbox.post(record, "letter", to=to, patient="p-1", organisation=FIRST, text="", suppressed=suppressed)
    assert [item.to for item in record.store.all(OutboxItem)] == ["1", "1frozen", "2", "2frozen"]
