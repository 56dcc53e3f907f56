"""The clock of a world, and instants as they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sandbox.base.clock import Clock, instant

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def test_a_real_clock_runs():
    clock = Clock()
    assert clock.mode == "real"
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(days=1))
    assert clock.now() - datetime.now(UTC) > timedelta(hours=23)


def test_a_frozen_clock_stays_until_it_is_moved():
    clock = Clock(NOON)
    assert clock.mode == "frozen"
    assert clock.now() == clock.now() == NOON
    clock.advance(timedelta(minutes=15))
    clock.advance(timedelta(minutes=-5))
    assert clock.now() == NOON + timedelta(minutes=10)


PARSED = {
    "2026-07-01T12:00:00Z": NOON,
    "2026-07-01T13:00:00+01:00": NOON,
    "2026-07-01T12:00": NOON,
    "2026-07-01 12:00:00+00:00": NOON,
    "2026-07-01": datetime(2026, 7, 1, tzinfo=UTC),
}


@pytest.mark.parametrize(("text", "at"), PARSED.items(), ids=PARSED)
def test_an_instant_to_stand_still_at(text: str, at: datetime):
    clock = Clock.parse(text)
    assert (clock.mode, clock.now(), clock.now().tzinfo) == ("frozen", at, UTC)


def test_real_time_is_a_word():
    assert Clock.parse("real").mode == "real"


@pytest.mark.parametrize("text", ["", "noon", "Real", "12:00", "2026-13-01"])
def test_invalid_times_are_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller names the option
        Clock.parse(text)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (NOON, "2026-07-01T12:00:00Z"),
        (NOON.astimezone(timezone(timedelta(hours=1))), "2026-07-01T12:00:00Z"),
        (NOON.replace(microsecond=120_000), "2026-07-01T12:00:00.120Z"),
        (NOON.replace(microsecond=999), "2026-07-01T12:00:00Z"),
        (NOON.replace(microsecond=1_000), "2026-07-01T12:00:00.001Z"),
        (NOON.replace(microsecond=1_999), "2026-07-01T12:00:00.001Z"),
    ],
)
def test_an_instant_is_written_in_utc(at: datetime, text: str):
    assert instant(at) == text
