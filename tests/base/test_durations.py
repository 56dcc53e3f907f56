"""ISO 8601 durations, added by the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sandbox.base.durations import add_duration, months_later

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)

LATER = {
    "PT0S": START,
    "PT15M": datetime(2026, 1, 31, 12, 15, tzinfo=UTC),
    "PT1.5S": START + timedelta(seconds=1.5),
    "PT0,5H": datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
    "P1D": datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    "P2W": datetime(2026, 2, 14, 12, 0, tzinfo=UTC),
    "P1M": datetime(2026, 2, 28, 12, 0, tzinfo=UTC),
    "P25M": datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    "P1Y2M3DT4H5M6S": datetime(2027, 4, 3, 16, 5, 6, tzinfo=UTC),
}


@pytest.mark.parametrize(("duration", "at"), LATER.items(), ids=LATER)
def test_a_duration_is_added_to_an_instant(duration: str, at: datetime):
    assert add_duration(START, duration) == at


@pytest.mark.parametrize(
    "duration",
    [
        "",
        "P",
        "PT",
        "P1",
        "15M",
        "P1H",
        "PT1D",
        "-P1D",
        "P-1D",
        "P1.5Y",
        "p1d",
        "P1DT",
        "PT1M1H",
        "P\N{FULLWIDTH DIGIT ONE}D",
    ],
)
def test_an_invalid_duration_is_refused(duration: str):
    with pytest.raises(ValueError, match="is not an ISO 8601 duration"):
        add_duration(START, duration)


@pytest.mark.parametrize("duration", ["P7974Y", "P99999Y", "P999999M", "P999999999W"])
def test_a_time_beyond_the_calendar_overflows(duration: str):
    with pytest.raises(OverflowError):
        add_duration(START, duration)


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2015, 5, 21), -3, date(2015, 2, 21)),
        (date(2028, 5, 31), -3, date(2028, 2, 29)),
        (date(2026, 1, 15), -3, date(2025, 10, 15)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2, 1, 1), -12, date(1, 1, 1)),
        (date(9998, 12, 31), 12, date(9999, 12, 31)),
    ],
)
def test_months_are_added_and_subtracted_within_the_calendar(day: date, months: int, result: date):
    assert months_later(day, months) == result
