"""Days that were sent without a time: instants to compare with, days to write."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.base.clock import HOME, LocalDay, calendar_day, instant, moment
from sandbox.model import Allergy, Code, Source
from sandbox.store.written import parse_entity, render_entity

SUMMER = LocalDay.of(date(2025, 6, 12), HOME)


def test_it_is_the_instant_at_which_the_day_begins():
    assert datetime(2025, 6, 11, 23, tzinfo=UTC) == SUMMER
    assert hash(SUMMER) == hash(datetime(2025, 6, 11, 23, tzinfo=UTC))
    assert instant(SUMMER) == "2025-06-12T00:00:00+01:00"
    assert (moment(SUMMER), calendar_day(SUMMER)) == ("2025-06-12", date(2025, 6, 12))


@pytest.mark.parametrize(
    "computed",
    [SUMMER.astimezone(UTC), SUMMER + timedelta(hours=1), SUMMER - timedelta(1), SUMMER.replace(hour=3)],
    ids=["another zone", "later", "earlier", "replaced"],
)
def test_arithmetic_on_a_local_day_gives_a_plain_time(computed: datetime):
    assert type(computed) is datetime


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2025", date(2025, 1, 1), "year"),
        ("2025-06", date(2025, 6, 1), "month"),
        ("2025-06-12", date(2025, 6, 12), "day"),
    ],
)
def test_a_year_or_month_begins_with_its_first_day(text: str, day: date, precision: str):
    parsed = LocalDay.parse(text, HOME)
    assert (parsed.date(), parsed.time(), parsed.precision) == (day, time(), precision)
    assert parsed.utcoffset() == timedelta(hours=day.month > 3)


@pytest.mark.parametrize("text", ["", "25", "2025-6", "2025-13", "2025-02-30", "2025-06-12T", "9999-99-99", "x" * 10])
def test_what_is_not_a_date_is_refused(text: str):
    with pytest.raises(ValueError, match=r"."):
        LocalDay.parse(text, UTC)


days = st.builds(
    LocalDay.of,
    st.dates(date(1800, 1, 1), date(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
firsts = days.map(lambda day: LocalDay.of(day.date().replace(day=1), day.tzinfo or UTC, "month"))
years = days.map(lambda day: LocalDay.of(day.date().replace(month=1, day=1), day.tzinfo or UTC, "year"))


@given(days | firsts | years)
def test_a_store_that_is_written_and_read_remembers_it(day: LocalDay):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    allergy = Allergy(
        id="a",
        patient="p",
        source=Source(),
        entered_at=now,
        persisted_at=now,
        allergen=Code(text="Penicillin"),
        onset_at=day,
    )
    onset_at = parse_entity(render_entity(allergy)).onset_at
    assert isinstance(onset_at, LocalDay)
    assert (onset_at, onset_at.precision, moment(onset_at)) == (day, day.precision, moment(day))


DAYS = {
    "a day of London": (SUMMER, date(2025, 6, 12)),
    "a day further east": (LocalDay.of(date(2025, 6, 12), timezone(timedelta(hours=9))), date(2025, 6, 12)),
    "a day further west": (LocalDay.of(date(2025, 6, 12), timezone(timedelta(hours=-11))), date(2025, 6, 12)),
    "late in a summer's evening": (datetime(2025, 6, 11, 23, 30, tzinfo=UTC), date(2025, 6, 12)),
    "a little earlier": (datetime(2025, 6, 11, 22, 59, 59, tzinfo=UTC), date(2025, 6, 11)),
    "late in a winter's evening": (datetime(2025, 1, 11, 23, 30, tzinfo=UTC), date(2025, 1, 11)),
    "a time with another offset": (
        datetime(2025, 1, 11, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
        date(2025, 1, 12),
    ),
}


@pytest.mark.parametrize(("at", "day"), DAYS.values(), ids=DAYS)
def test_the_calendar_day_is_the_day_as_it_came_or_the_day_of_the_time_in_london(at: datetime, day: date):
    assert calendar_day(at) == day


@pytest.mark.parametrize(("month", "hours"), [(1, 0), (7, 1)])
def test_a_day_begins_at_midnight_of_its_zone(month: int, hours: int):
    day = LocalDay.of(date(2026, month, 10), HOME)
    assert (day.utcoffset(), day.hour, day.precision) == (timedelta(hours=hours), 0, "day")
    assert day == datetime(2026, month, 10, tzinfo=UTC) - timedelta(hours=hours)
