"""Encounters, their events, and appointments, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.domain.data_points import appointments, encounters
from sandbox.model import (
    Appointment,
    Encounter,
    EncounterEvent,
)
from tests.domain.data_points.points import COMMON, LATER, mails, record_of
from tests.domain.small_world import NOW

# --- encounters and appointments ---


def event(id_: str, type_: str = "ADMIT", hours: int = 0) -> EncounterEvent:
    return EncounterEvent(id=id_, type=type_, at=NOW + timedelta(hours=hours), entered_at=NOW)


def test_an_event_that_occurs_once_is_replaced_and_a_transfer_added():
    events = encounters.with_event((event("1"), event("2", "TRANSFER")), event("3", "ADMIT", 1))
    assert [(row.id, row.type, row.at.hour) for row in events] == [("1", "ADMIT", 13), ("2", "TRANSFER", 12)]
    assert [row.id for row in encounters.with_event(events, event("4", "TRANSFER"))] == ["1", "2", "4"]
    assert [row.id for row in encounters.with_event(events, event("5", "DISCHARGE"))] == ["1", "2", "5"]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [("TRANSFER", ["1", "2", "4"]), ("ADMIT", ["2", "3", "4"]), ("DISCHARGE", ["1", "2", "3", "4"])],
)
def test_the_latest_transfer_is_removed(type_: str, expected: list[str]):
    events = (event("1"), event("2", "TRANSFER"), event("3", "TRANSFER", 5), event("4", "TRANSFER", 1))
    assert [row.id for row in encounters.without_event(events, type_)] == expected


def test_of_transfers_at_the_same_time_the_last_received_is_removed():
    assert [row.id for row in encounters.without_event((event("1"), event("2")), "ADMIT")] == ["1"]


def test_times_of_events_are_corrected_by_type():
    events = encounters.with_times((event("1"), event("2", "TRANSFER")), {"ADMIT": LATER, "TRANSFER": None})
    assert [row.at for row in events] == [LATER, NOW]


@pytest.mark.parametrize(("hours", "number"), [(0, 1), (1, 2)])
def test_a_discharge_is_announced_again_if_its_time_changed(hours: int, number: int):
    record = record_of()
    encounters.file(record, Encounter(id="e-1", **COMMON, events=(event("1"),)))
    assert mails(record) == 0
    for late in (0, hours):
        encounters.file(record, Encounter(id="e-1", **COMMON, events=(event("2", "DISCHARGE", late),)))
    assert mails(record) == number
    encounters.file(record, Encounter(id="e-1", **COMMON))
    assert list(record.store.all(Encounter)) == []


def test_the_appointment_of_an_admission_is_cancelled():
    record = record_of()
    visit = Encounter(id="e-1", **COMMON)
    encounters.cancel_appointment(record, visit, "PRE_ADMIT")
    record.store.put(Appointment(id="a-1", encounter=encounters.link(visit, "PRE_ADMIT"), start_at=LATER, **COMMON))
    encounters.cancel_appointment(record, visit, "PENDING_ADMIT")
    assert record.store.get(Appointment, "a-1").status == "ACTIVE"
    record.clock.advance(timedelta(hours=1))
    encounters.cancel_appointment(record, visit, "PRE_ADMIT")
    after = record.store.get(Appointment, "a-1")
    assert (after.status, after.entered_at, after.persisted_at) == ("CANCELLED", NOW, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("id_", "changes", "is_news"),
    [("a-1", {}, False), ("a-2", {"persisted_at": LATER}, False), ("a-1", {"location": "L"}, True)],
)
def test_an_appointment_is_announced_if_it_changed(id_: str, changes: dict[str, Any], is_news: bool):
    record = record_of()
    before = Appointment(id="a-1", start_at=LATER, **COMMON)
    appointments.put_in_place(record, None, before)
    appointments.put_in_place(record, before, replace(before, id=id_, **changes))
    assert [row.id for row in record.store.all(Appointment)] == [id_]
    assert mails(record) == 1 + is_news
