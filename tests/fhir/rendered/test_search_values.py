"""Date and string parameters against the definitions of FHIR, value by value and at random.

Sources: https://hl7.org/fhir/STU3/search.html#date and #string
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.rendered.query import date, reference, string

LONDON = ZoneInfo("Europe/London")
RULE = SearchRule(name="date", type="date", repeat=True, prefixes=("eq", "gt", "lt", "ge", "le"))
INSTANTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, fold=0)
)
PREFIXES = st.sampled_from(("", *RULE.prefixes))


def matches(value: str, at: datetime) -> bool:
    return date.parse(RULE, "", value).matches(at)


def meant(prefix: str, before: bool, within: bool) -> bool:
    """The meaning of a prefix for an instant before, within or after the time of the value."""
    after = not before and not within
    return {"eq": within, "": within, "lt": before, "gt": after, "le": before or within, "ge": within or after}[prefix]


@given(PREFIXES, INSTANTS, INSTANTS, st.integers(0, 2))
def test_a_value_without_a_time_is_compared_on_the_calendar_of_london(
    prefix: str, value: datetime, at: datetime, precision: int
):
    text = value.strftime(("%Y", "%Y-%m", "%Y-%m-%d")[precision])
    calendar = at.astimezone(LONDON)
    parts = (calendar.year, calendar.month, calendar.day)[: precision + 1]
    wanted = (value.year, value.month, value.day)[: precision + 1]
    assert matches(prefix + text, at) == meant(prefix, parts < wanted, parts == wanted)


@given(PREFIXES, INSTANTS, st.timedeltas(timedelta(minutes=-3), timedelta(minutes=3)), st.integers(-14 * 60, 14 * 60))
def test_a_value_with_an_offset_is_an_instant_of_its_precision(
    prefix: str, value: datetime, apart: timedelta, minutes: int
):
    local, at = value.astimezone(timezone(timedelta(minutes=minutes))), value + apart
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    for spec, size in (
        ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
        ("%Y-%m-%dT%H:%M:%S", timedelta(seconds=1)),
    ):
        start = value.replace(microsecond=0) if "%S" in spec else value.replace(second=0, microsecond=0)
        expected = meant(prefix, at < start, start <= at < start + size)
        assert matches(f"{prefix}{local.strftime(spec)}{offset}", at) == expected


@given(INSTANTS, INSTANTS)
def test_eq_lt_and_gt_share_out_all_instants(value: datetime, at: datetime):
    text = value.strftime("%Y-%m-%dT%H:%M")
    assert [matches(prefix + text, at) for prefix in ("lt", "eq", "gt")].count(True) == 1
    assert matches("ge" + text, at) is not matches("lt" + text, at)
    assert matches("le" + text, at) is not matches("gt" + text, at)


DAYS = {
    "a day begins at midnight in summer time": ("2026-07-01", datetime(2026, 6, 30, 23, 0, tzinfo=UTC), True),
    "and not before": ("2026-07-01", datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), False),
    "a day ends at midnight in summer time": ("2026-07-01", datetime(2026, 7, 1, 23, 0, tzinfo=UTC), False),
    "the day on which clocks go forward has 23 hours": ("2026-03-29", datetime(2026, 3, 29, 23, 0, tzinfo=UTC), False),
    "the day on which they go back has 25": ("2026-10-25", datetime(2026, 10, 25, 23, 59, tzinfo=UTC), True),
    "a minute that comes twice is the first of the two": (
        "2026-10-25T01:30",
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        True,
    ),
    "and lasts a minute": ("2026-10-25T01:59", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), False),
    "29 February": ("2024-02-29", datetime(2024, 2, 29, 12, tzinfo=UTC), True),
    "December ends with the year": ("2025-12", datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), True),
    "a millisecond": ("2026-01-01T10:00:00.123Z", datetime(2026, 1, 1, 10, 0, 0, 123999, tzinfo=UTC), True),
    "and not the next": ("2026-01-01T10:00:00.123Z", datetime(2026, 1, 1, 10, 0, 0, 124000, tzinfo=UTC), False),
    "the end of time": ("le9999-12-31", datetime(2026, 1, 1, tzinfo=UTC), True),
    "not after it": ("gt9999", datetime(9998, 12, 31, tzinfo=UTC), False),
    "the beginning of time": ("ge0001", datetime(2026, 1, 1, tzinfo=UTC), True),
    "an offset with its plus sign unencoded": ("2026-01-01T10:00:00 01:00", datetime(2026, 1, 1, 9, tzinfo=UTC), True),
}


@pytest.mark.parametrize(("value", "at", "expected"), DAYS.values(), ids=DAYS)
def test_a_date_covers_its_time(value: str, at: datetime, expected: bool):
    assert matches(value, at) is expected


@given(st.text())
def test_any_text_is_a_date_or_invalid(value: str):
    try:
        read = str(matches(value, datetime(2026, 1, 1, tzinfo=UTC)))
    except Invalid as error:
        read = error.text
    assert read in ("True", "False") or "date" in read


# --- strings and references ---

VALUE = SearchRule(name="value", type="string", modifiers=("exact",))
PATIENT = SearchRule(name="patient", type="reference", modifiers=("[type]",), targets=("Patient",))


@given(st.text(), st.text())
def test_a_string_matches_its_beginning_whatever_the_case(text: str, more: str):
    criterion = string.parse(VALUE, "", text)
    assert criterion.matches(text + more) or not text.isascii()
    assert criterion.matches((text + more).upper()) or not (text + more).isascii()
    assert criterion.matches(more) == more.casefold().startswith(text.casefold())


@given(st.text(), st.text())
def test_an_exact_string_matches_itself_only(text: str, other: str):
    criterion = string.parse(VALUE, "exact", text)
    assert criterion.matches(text)
    assert criterion.matches(other) == (text == other)


@given(st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True))
def test_a_reference_names_the_same_patient_in_every_form(id_: str):
    forms = [("", f"Patient/{id_}"), ("Patient", id_), ("", id_), ("", f"https://pkb.test/fhir/Patient/{id_}")]
    assert {reference.parse(PATIENT, modifier, value).id for modifier, value in forms} == {id_}


@given(st.text())
def test_any_text_is_a_reference_or_invalid(value: str):
    try:
        read = reference.parse(PATIENT, "", value).type
    except Invalid as error:
        read = error.text
    assert read in ("Patient", "Parameter patient must be Patient/<id>")
