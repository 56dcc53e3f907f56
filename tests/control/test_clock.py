"""The clock of the served world: shown, frozen, moved on, real again; what becomes due happens in order of time."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.base.clock import parse_instant
from sandbox.domain import due
from sandbox.domain.record import Record
from sandbox.model import DueWork
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import assert_described
from tests.support import Client

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def put(pkb: Client, body: Any) -> httpx.Response:
    return pkb.http.put("/_sandbox/clock", json=body)


def put_ok(pkb: Client, body: Any) -> dict[str, Any]:
    response = put(pkb, body)
    assert_described("PUT", "/clock", response)
    assert response.status_code == 200, response.text
    result: dict[str, Any] = response.json()
    return result


def test_an_untouched_clock_is_real(pkb: Client):
    response = pkb.http.get("/_sandbox/clock")
    assert_described("GET", "/clock", response)
    answer = response.json()
    assert (answer["mode"], answer["became_due"]) == ("real", [])
    assert abs(parse_instant(answer["now"]) - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_frozen_clock_moves_only_when_told(pkb: Client):
    frozen = {"mode": "frozen", "now": "2026-07-01T12:00:00Z", "became_due": []}
    assert put_ok(pkb, {"mode": "frozen", "at": "2026-07-01T13:00:00+01:00"}) == frozen
    assert pkb.control("/clock") == frozen
    assert put_ok(pkb, {"advance": "PT15M"})["now"] == "2026-07-01T12:15:00Z"
    assert put_ok(pkb, {"advance": "P1M"})["now"] == "2026-08-01T12:15:00Z"
    assert pkb.control("/clock")["mode"] == "frozen"


def test_what_happens_bears_the_time_of_the_world(pkb: Client):
    put_ok(pkb, {"mode": "frozen", "at": "2031-05-06T07:08:09Z"})
    assert pkb.send("nonsense").segment("MSH")[6] == "20310506070809+0000"
    pkb.facade("/metadata", client="")
    assert {item["at"] for item in pkb.control("/exchanges")["exchanges"][-2:]} == {"2031-05-06T07:08:09Z"}


def test_a_real_clock_that_is_moved_runs_on(pkb: Client):
    moved = put_ok(pkb, {"advance": "P1D"})
    assert moved["mode"] == "real"
    ahead = parse_instant(moved["now"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < ahead <= timedelta(days=1)
    time.sleep(0.002)
    assert parse_instant(pkb.control("/clock")["now"]) > parse_instant(moved["now"])
    real = put_ok(pkb, {"mode": "real"})
    assert abs(parse_instant(real["now"]) - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_reset_sets_the_clock_back(pkb: Client):
    put_ok(pkb, {"mode": "frozen", "at": "2031-05-06T07:08:09Z"})
    pkb.http.post("/_sandbox/reset", json={"reset": ["store"]})
    assert pkb.control("/clock")["mode"] == "frozen"
    pkb.http.post("/_sandbox/reset", json={"reset": ["clock"]})
    assert pkb.control("/clock")["mode"] == "real"


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "The body must be"),
    "an unknown key": ({"mode": "real", "speed": 2}, "Unknown key 'speed'"),
    "an unknown mode": ({"mode": "slow"}, "The body must be"),
    "frozen at no time": ({"mode": "frozen"}, "The body must be"),
    "real at a time": ({"mode": "real", "at": "2026-07-01"}, "The body must be"),
    "two things at once": ({"mode": "real", "advance": "PT1M"}, "The body must be"),
    "no instant": ({"mode": "frozen", "at": "noon"}, "at must be an ISO 8601 time"),
    "an instant that is no text": ({"mode": "frozen", "at": 7}, "at must be text"),
    "a mode that is no text": ({"mode": ["frozen"], "at": "2026-07-01"}, "The body must be"),
    "an instant before the calendar": ({"mode": "frozen", "at": "0001-01-01T00:00:00+14:00"}, "at must be"),
    "a year too far": ({"mode": "frozen", "at": "3000-01-01"}, "at must keep the clock within the years 1900 to 2999"),
    "no duration": ({"advance": "15 minutes"}, "'15 minutes' is not an ISO 8601 duration"),
    "a duration backwards": ({"advance": "-PT15M"}, "is not an ISO 8601 duration"),
    "a duration too long": ({"advance": "P99999Y"}, "advance must keep the clock within the years"),
    "a duration that is no text": ({"advance": 15}, "advance must be text"),
    "a list": ([], "The body must be a JSON object"),
}


@pytest.mark.parametrize(("body", "detail"), WRONG.values(), ids=WRONG)
def test_an_invalid_time_is_refused_and_changes_nothing(pkb: Client, body: Any, detail: str):
    put_ok(pkb, {"mode": "frozen", "at": "2026-07-01T12:00:00Z"})
    response = put(pkb, body)
    assert_problem(response, 400, detail)
    assert_described("PUT", "/clock", response)
    assert pkb.control("/clock")["now"] == "2026-07-01T12:00:00Z"


# --- due work ---


def worker(workspace: Workspace) -> list[tuple[str, datetime]]:
    """Registers work that notes what it was done about and when; `again` schedules itself once more."""
    done: list[tuple[str, datetime]] = []

    def act(record: Record, subject: str) -> str:
        done.append((subject, record.now()))
        if subject == "again":
            due.schedule(record, "note", "once more", record.now() + timedelta(minutes=1))
        if subject == "broken":
            raise ZeroDivisionError
        return "" if subject == "silent" else f"{subject} became due"

    workspace.when_due("note", act)
    return done


def notes(workspace: Workspace) -> list[str]:
    """Events that still need a note."""
    return [work.subject for work in workspace.store.all(DueWork) if work.kind == "note"]


@pytest.fixture
def workspace() -> Workspace:
    return Workspace("default", Settings(clock=NOON.isoformat()))


def test_due_work_is_done_in_order_of_time_each_at_its_own_instant(workspace: Workspace):
    done = worker(workspace)
    for subject, minutes in (("second", 20), ("again", 10), ("later", 90), ("silent", 15)):
        due.schedule(workspace.record, "note", subject, NOON + timedelta(minutes=minutes))
    assert workspace.catch_up() == []
    workspace.clock.advance(timedelta(hours=1))
    assert workspace.catch_up() == ["again became due", "once more became due", "second became due"]
    assert [(subject, (at - NOON).seconds // 60) for subject, at in done] == [
        ("again", 10),
        ("once more", 11),
        ("silent", 15),
        ("second", 20),
    ]
    assert workspace.clock.now() == NOON + timedelta(hours=1)
    assert workspace.catch_up() == []


def test_scheduling_again_replaces_and_cancelling_takes_back(workspace: Workspace):
    worker(workspace)
    due.schedule(workspace.record, "note", "moved", NOON + timedelta(minutes=10))
    due.schedule(workspace.record, "note", "moved", NOON + timedelta(minutes=30))
    due.schedule(workspace.record, "note", "gone", NOON + timedelta(minutes=10))
    due.cancel(workspace.record, "note", "gone")
    due.cancel(workspace.record, "note", "never there")
    workspace.clock.advance(timedelta(minutes=20))
    assert workspace.catch_up() == []
    workspace.clock.advance(timedelta(minutes=20))
    assert workspace.catch_up() == ["moved became due"]


def test_work_that_fails_is_not_tried_again_and_stops_nothing(workspace: Workspace):
    done = worker(workspace)
    for subject in ("broken", "whole"):
        due.schedule(workspace.record, "note", subject, NOON)
    assert workspace.catch_up() == ["whole became due"]
    assert [subject for subject, _ in done] == ["broken", "whole"]
    assert notes(workspace) == []


def test_what_is_scheduled_goes_with_the_store(workspace: Workspace):
    worker(workspace)
    due.schedule(workspace.record, "note", "gone", NOON)
    workspace.reset(("store",))
    assert workspace.catch_up() == []


def test_any_request_does_what_became_due_meanwhile(pkb: Client):
    workspace = pkb.server.workspaces.default
    worker(workspace)
    due.schedule(workspace.record, "note", "soon", workspace.clock.now() + timedelta(milliseconds=5))
    due.schedule(workspace.record, "note", "tomorrow", workspace.clock.now() + timedelta(days=1))
    deadline = time.monotonic() + 10
    while notes(workspace) == ["soon", "tomorrow"] and time.monotonic() < deadline:
        pkb.facade("/metadata", client="")
    assert notes(workspace) == ["tomorrow"]
    assert put_ok(pkb, {"advance": "P1D"})["became_due"] == ["tomorrow became due"]
