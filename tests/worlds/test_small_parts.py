"""Small parts of a world, each alone: counters, histories, pending bodies, repetitions, claims."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.history import StateHistory
from sandbox.worlds.pending_bodies import FREE, Busy, PendingBodies
from sandbox.worlds.repeats import REPEATED_WITHIN, Repeats
from sandbox.worlds.tally import BOUNDS, OTHER, Durations, Tally
from sandbox.worlds.token_claims import claims_in, claims_of

START = datetime(2026, 11, 27, 9, tzinfo=UTC)


def exchange(after: float = 0, **parts: Any) -> Exchange:
    row: dict[str, Any] = {"id": str(after), "api": "facade", "method": "GET", "path": "/fhir", "status": 200}
    return Exchange(at=START + timedelta(seconds=after), **{**row, "client": "app", **parts})


@pytest.mark.parametrize(
    ("seconds", "place"), [(0, 0), (0.001, 0), (0.0011, 1), (10.0, len(BOUNDS) - 1), (10.1, len(BOUNDS))]
)
def test_a_duration_is_counted_below_its_bound(seconds: float, place: int):
    durations = Durations()
    durations.add(seconds)
    durations.add(seconds)
    assert durations.counts == [2 * (number == place) for number in range(len(BOUNDS) + 1)]
    assert durations.seconds == 2 * seconds


def test_exchanges_are_counted_by_known_operations_and_the_others_together():
    tally = Tally(lambda api, operation: operation == "read Patient")
    for operation in ("read Patient", "read Patient", "invented", "made up"):
        tally.add(exchange(operation=operation, ms=1500.0))
    tally.add(exchange(operation="read Patient", status=404, fault="f"))
    assert tally.requests == {
        ("facade", "read Patient", "accepted"): 2,
        ("facade", OTHER, "accepted"): 2,
        ("facade", "read Patient", "refused"): 1,
    }
    assert tally.durations["facade"].seconds == 6.0
    assert tally.faults == {"facade": 1}


def test_a_history_without_a_new_step_is_the_same():
    assert StateHistory(1).until(3, 3) == StateHistory(1)
    assert StateHistory(1).until(3, 4) == StateHistory(1, (range(3, 4),))


def test_bodies_wait_up_to_the_limit_without_their_free_part():
    bodies = PendingBodies(100)
    bodies.grow(0, FREE)
    assert bodies.size == 0
    bodies.grow(FREE, FREE + 100)
    bodies.grow(FREE + 100, FREE + 100)
    with pytest.raises(Busy):
        bodies.grow(0, FREE + 1)
    assert bodies.size == 100
    bodies.release(FREE + 100)
    bodies.release(FREE)
    assert bodies.size == 0


@pytest.mark.parametrize(
    ("seconds", "repeated"),
    [
        (REPEATED_WITHIN.total_seconds(), True),
        (REPEATED_WITHIN.total_seconds() + 1, False),
        (-REPEATED_WITHIN.total_seconds() - 1, False),
    ],
)
def test_a_request_repeats_an_equal_one_of_the_last_minutes(seconds: float, repeated: bool):
    repeats = Repeats()
    assert repeats.note(exchange()) is None
    assert (repeats.note(exchange(seconds)) is not None) is repeated


def test_a_message_repeats_the_newest_with_its_text_or_control_id():
    def message(after: float, text: int, control_id: str) -> Exchange:
        return exchange(
            after,
            api="hl7",
            method="POST",
            message_digest=text,
            hl7={"control_id": control_id},
            request=Passed(digest=int(after)),
        )

    repeats, first, second = Repeats(), message(1, 7, "a"), message(2, 8, "b")
    assert [repeats.note(first), repeats.note(second)] == [None, None]
    assert repeats.note(message(99_999, 7, "b")) == "2"
    repeats.forget(first)
    repeats.forget(second)
    assert repeats.note(message(3, 8, "a")) is None


def token(payload: Any, parts: int = 3) -> str:
    text = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    return ".".join(["head", text, "signature", "more"][:parts])


@pytest.mark.parametrize("length", range(4))
def test_claims_are_read_whatever_the_padding(length: int):
    claims = {"sub": "x" * length}
    assert claims_of(token(claims)) == claims
    assert claims_in(json.dumps({"access_token": token(claims)}).encode()) == claims


@pytest.mark.parametrize("value", [None, "opaque", token({}, 2), token({"a": 1}, 4), token([1]), "a.b!.c"])
def test_what_is_no_token_with_claims_has_none(value: Any):
    assert claims_of(value) == {}


def test_an_answer_without_an_object_has_no_claims():
    assert claims_in(b"[]") == claims_in(b"{") == claims_in(b"{}") == {}
