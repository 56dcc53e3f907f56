"""The first and the last nanosecond of every form of a date, in UTC and in other zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.fhir.search import date
from tests.fhir.search.world import NOW, World, patient

SECOND, MINUTE, DAY = 10**9, 60 * 10**9, 86_400 * 10**9
LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


SPANS: list[tuple[str, Any, datetime, int]] = [
    ("2020-02-03T10:20", UTC, at(2020, 2, 3, 10, 20), MINUTE),
    ("2020-02-03T10:20Z", UTC, at(2020, 2, 3, 10, 20), MINUTE),
    ("2020-02-03T10:20:30", UTC, at(2020, 2, 3, 10, 20, 30), SECOND),
    ("2020-02-03T10:20:30.5", UTC, at(2020, 2, 3, 10, 20, 30, 500_000), SECOND // 10),
    ("2020-02-03T10:20:30.001002Z", UTC, at(2020, 2, 3, 10, 20, 30, 1_002), 1_000),
    ("2020-02-03T10:20:30.0010029Z", UTC, at(2020, 2, 3, 10, 20, 30, 1_002), 100),
    ("2020-02-03T10:20:30.0010020009Z", UTC, at(2020, 2, 3, 10, 20, 30, 1_002), 1),
    ("2020-02-03T10:20:59Z", UTC, at(2020, 2, 3, 10, 20, 59), SECOND),
    ("2020-02-03T10:20:60Z", UTC, at(2020, 2, 3, 10, 20, 59), SECOND),
    ("2020-02-03T10:20:30+01:30", UTC, at(2020, 2, 3, 8, 50, 30), SECOND),
    ("2020-02-03T10:20:30-01:30", UTC, at(2020, 2, 3, 11, 50, 30), SECOND),
    ("2020-02-03T10:20+14:00", UTC, at(2020, 2, 2, 20, 20), MINUTE),
    ("2020-07-03T10:20", LONDON, at(2020, 7, 3, 9, 20), MINUTE),
    ("2020-07-03T10:20Z", LONDON, at(2020, 7, 3, 10, 20), MINUTE),
    ("2020-07-03T10:20+00:00", LONDON, at(2020, 7, 3, 10, 20), MINUTE),
    ("2020-03-29T00:59", LONDON, at(2020, 3, 29, 0, 59), MINUTE),
    ("2020-03-29T02:00", LONDON, at(2020, 3, 29, 1, 0), MINUTE),
    ("2020-12-31T23:59:59", NEW_YORK, at(2021, 1, 1, 4, 59, 59), SECOND),
    ("2020-02", UTC, at(2020, 2, 1), 29 * DAY),
    ("2021-02", UTC, at(2021, 2, 1), 28 * DAY),
    ("2021-12", UTC, at(2021, 12, 1), 31 * DAY),
    ("2021", UTC, at(2021, 1, 1), 365 * DAY),
    ("2021-03-05", UTC, at(2021, 3, 5), DAY),
    ("2020-07-03", LONDON, at(2020, 7, 2, 23), DAY),
    ("2020-03-28", LONDON, at(2020, 3, 28), DAY),
    ("2020-03-29", LONDON, at(2020, 3, 29), DAY - 60 * MINUTE),
    ("2020-10-25", LONDON, at(2020, 10, 24, 23), DAY + 60 * MINUTE),
    ("2020-03", LONDON, at(2020, 3, 1), 31 * DAY - 60 * MINUTE),
    ("2020-07-03", TOKYO, at(2020, 7, 2, 15), DAY),
    ("0001-01-01", UTC, at(1, 1, 1), DAY),
    ("9999-12-30", TOKYO, at(9999, 12, 29, 15), DAY + 9 * 60 * MINUTE),
    ("9999-12-31T10:00", TOKYO, at(9999, 12, 31, 10), MINUTE),
    ("9999", LONDON, at(9999, 1, 1), 365 * DAY),
]


@pytest.mark.parametrize(("text", "zone", "start", "width"), SPANS, ids=[f"{row[0]} {row[1]}" for row in SPANS])
def test_a_date_begins_at_its_first_moment_and_ends_at_its_last(text: str, zone: Any, start: datetime, width: int):
    span = date.range_of(text, zone)
    assert date.instant_of(span.low) == start
    assert date.nanoseconds(start) == span.low - span.low % 1_000
    assert span.high - span.low + 1 == width


@pytest.mark.parametrize(
    "text",
    ["", "20", "2020-13", "2020-00", "2020-02-30", "2020-02-03T10", "2020-02-03T10:20:30.Z", "2020-02-03T1:20Z",
     "2020-02-03T10:20+15:00", "2020-02-03T10:20-14:60", "2020-02-03T24:00", "2020-02-03T10:60", "0000"],
)  # fmt: skip
def test_what_is_no_date_has_no_span(text: str):
    assert date.values("date", text, "r4") == {}


ELEMENTS: list[tuple[str, Any, tuple[str, str] | None]] = [
    ("date", "2020", ("2020-01-01", "2020-12-31")),
    ("dateTime", "2020-05", ("2020-05-01", "2020-05-31")),
    ("dateTime", "never", None),
    ("dateTime", 2020, None),
    ("Period", {"start": "2020", "end": "2021"}, ("2020-01-01", "2021-12-31")),
    ("Period", {"start": "2020"}, ("2020-01-01", "")),
    ("Period", {"end": "2021"}, ("", "2021-12-31")),
    ("Period", {"start": "never", "end": 1}, None),
    ("Period", "2020", None),
    ("Timing", {"event": ["2020", "2018-05"]}, ("2018-05-01", "2020-12-31")),
    ("Timing", {"event": ["2020"], "repeat": {"boundsPeriod": {"end": "2021"}}}, ("", "2021-12-31")),
    ("Timing", {"event": "2020", "repeat": {"boundsPeriod": {"start": "2021"}}}, ("2021-01-01", "")),
    ("Timing", {"event": ["2020", "x"], "repeat": 1}, ("2020-01-01", "2020-12-31")),
    ("Timing", {"repeat": {}}, None),
    ("Timing", "2020", None),
    ("Age", "2020", None),
]


@pytest.mark.parametrize(("datatype", "datum", "days"), ELEMENTS, ids=str)
def test_an_element_spans_its_days(datatype: str, datum: Any, days: tuple[str, str] | None):
    values = date.values(datatype, datum, "r4")
    assert (values == {}) is (days is None)
    if days is not None:
        low = date.range_of(days[0]).low if days[0] else date.BEGINNING
        high = date.range_of(days[1]).high if days[1] else date.END
        assert values == {"": (date.Span(low, high),)}
        assert date.sort_key(date.Span(low, high)) == low


def test_an_instant_is_its_first_nanosecond_and_before_all_dates_is_the_beginning():
    low = date.nanoseconds(at(2020, 1, 2, 3, 4, 5))
    assert date.values("instant", "2020-01-02T03:04:05Z", "r4") == {"": (date.Span(low, low),)}
    assert date.values("instant", "x", "r4") == {}
    assert date.range_of("0001").low > date.BEGINNING
    assert date.range_of("9999").high < date.END


ABOUT: list[tuple[str, int, bool]] = [
    # Ten years before and after now, 2026-01-01: a tenth of that are 365.2 days, which reach into the 366th.
    ("2016-01-01", 366, True),
    ("2016-01-01", 367, False),
    ("2016-01-01", -366, True),
    ("2016-01-01", -367, False),
    ("2036-01-01", 366, True),
    ("2036-01-01", 367, False),
    ("2036-01-01", -366, True),
    ("2036-01-01", -367, False),
    ("2026-01-01", 0, True),
    ("2026-01-01", 1, False),
    ("2026-01-01", -1, False),
    ("2025-12-31", -1, False),
]


@pytest.mark.parametrize(("about", "days", "is_near"), ABOUT)
def test_about_a_date_is_a_tenth_of_the_time_until_then(about: str, days: int, is_near: bool):
    born = datetime.fromisoformat(about) + timedelta(days=days)
    world = World(now=NOW).put(patient("1", "Allen", birthDate=born.date().isoformat()))
    assert world.ids(f"Patient?birthdate=ap{about}") == (["1"] if is_near else [])


@pytest.mark.parametrize("zone", [UTC, LONDON, TOKYO])
def test_a_moment_of_any_zone_is_counted_in_utc(zone: Any):
    moment = datetime(2020, 7, 3, 12, 34, 56, 789_012, tzinfo=zone)
    assert date.instant_of(date.nanoseconds(moment)) == moment
