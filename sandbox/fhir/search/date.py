"""Date parameters: every value is a range of time (https://hl7.org/fhir/R4/search.html#date).

Times are whole nanoseconds since the year 1 in UTC; a value without an offset is interpreted as UTC, as in Aidbox
(https://docs.aidbox.app/api-1/fhir-api/search-1/date-search).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sandbox.base.short_cache import short_cache
from sandbox.fhir.search.escape import unescape
from sandbox.fhir.search.extracted import NONE, ExtractedValues
from sandbox.fhir.search.lookup import Between, Lookup
from sandbox.fhir.search.reading import ParameterContext

_VALUE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:T(?P<hour>\d{2}):(?P<minute>\d{2})"
    # Unlike in a resource, a time in a query may have no seconds.
    r"(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,40}))?)?(?:(?P<utc>Z)|(?P<sign>[+-])(?P<zone>\d{2}:\d{2}))?)?)?)?",
    re.ASCII,
)
_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND
_DAY = 24 * 60 * _MINUTE
SHARED = 1_000
"""Number of recent values that are cached."""

BEGINNING, END = -1, 4_000_000 * _DAY
"""Before and after every date: the limits of an open period."""


class Span(NamedTuple):
    """From the first nanosecond to the last."""

    low: int
    high: int

    def keys(self) -> Iterable[Hashable]:
        return ()

    def sort_keys(self) -> Iterable[tuple[str, Any]]:
        return ("low", self.low), ("high", self.high)


def reader(datatype: str, release: str) -> Callable[[Any], ExtractedValues]:
    """Return the function that returns the values of an element."""
    return lambda datum: values(datatype, datum, release)


def values(datatype: str, datum: Any, release: str) -> ExtractedValues:
    """Return the range of an element: none if it is not a date, or a period without limits."""
    span = _READ[datatype](datum) if datatype in _READ else None
    return NONE if span is None else {"": (span,)}


def _date(datum: Any) -> Span | None:
    return _span(datum) if isinstance(datum, str) else None


@short_cache(SHARED)
def _span(text: str) -> Span | None:
    """Return the range of a text: the same object for the same text, because times recur within a resource."""
    try:
        return range_of(text)
    except ValueError:
        return None


def _instant(datum: Any) -> Span | None:
    # An instant is a point in time, also if it is written without fractions of a second.
    span = _date(datum)
    return span and Span(span.low, span.low)


def _period(datum: Any) -> Span | None:
    if not isinstance(datum, dict):
        return None
    start, end = _date(datum.get("start")), _date(datum.get("end"))
    if start is None and end is None:
        return None
    return Span(start.low if start else BEGINNING, end.high if end else END)


def _timing(datum: Any) -> Span | None:
    """Return the outer limits of the events and of the bounds."""
    if not isinstance(datum, dict):
        return None
    events = datum.get("event")
    repeat = datum.get("repeat")
    # https://hl7.org/fhir/R4/search.html#date: details of the schedule are ignored, only its outer limits count.
    spans = [_date(event) for event in events] if isinstance(events, list) else []
    spans.append(_period(repeat.get("boundsPeriod")) if isinstance(repeat, dict) else None)
    known_spans = [span for span in spans if span is not None]
    return Span(min(span.low for span in known_spans), max(span.high for span in known_spans)) if known_spans else None


_READ: dict[str, Callable[[Any], Span | None]] = {
    "date": _date,
    "dateTime": _date,
    "instant": _instant,
    "Period": _period,
    "Timing": _timing,
}


def range_of(text: str, zone: tzinfo = UTC) -> Span:
    """Return the range of a date, a partial date or a time; without an offset it is in the zone.

    Raises ValueError or TypeError for any other value.
    """
    match = _VALUE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    if match["hour"] is None:
        return _days(int(match["year"]), match["month"], match["day"], zone)
    day = date(int(match["year"]), int(match["month"]), int(match["day"])).toordinal()
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(text)
    time = (hour * 60 + minute) * _MINUTE
    # A leap second is found by its own minute and day: it counts as the second before it.
    start = day * _DAY + time + min(second, 59) * _SECOND - _offset(match, day, time, zone)
    if match["second"] is None:
        return Span(start, start + _MINUTE - 1)
    # Nanoseconds are enough to tell any two times apart that a server writes.
    digits = (match["fraction"] or "")[:9]
    width = 10 ** (9 - len(digits))
    start += int(digits or 0) * width
    return Span(start, start + width - 1)


def _days(year: int, month: str | None, day: str | None, zone: tzinfo) -> Span:
    first = date(year, int(month or 1), int(day or 1)).toordinal()
    if day is not None:
        last = first
    elif month is not None:
        last = first + calendar.monthrange(year, int(month))[1] - 1
    else:
        last = date(year, 12, 31).toordinal()
    return Span(first * _DAY - _of_zone(first, zone), (last + 1) * _DAY - _of_zone(last + 1, zone) - 1)


def _offset(match: re.Match[str], day: int, time: int, zone: tzinfo) -> int:
    if match["zone"] is None:
        return 0 if match["utc"] else _of_zone(day, zone, time)
    hours, minutes = (int(part) for part in match["zone"].split(":"))
    # No zone is further from UTC, and FHIR's dateTime allows no more.
    if hours > 14 or minutes > 59:
        raise ValueError(match.string)
    ahead = (hours * 60 + minutes) * _MINUTE
    return -ahead if match["sign"] == "-" else ahead


def _of_zone(day: int, zone: tzinfo, time: int = 0) -> int:
    """Return the offset of a zone from UTC at its local time: a day, and the nanoseconds since its midnight."""
    # Beyond the last day there is no local time to ask for.
    if zone is UTC or day >= date.max.toordinal():
        return 0
    at = datetime.fromordinal(day) + timedelta(microseconds=time // 1000)
    ahead = at.replace(tzinfo=zone).utcoffset() or timedelta()
    return int(ahead.total_seconds()) * _SECOND


def instant_of(nanosecond: int) -> datetime:
    """Convert this module's count to a datetime, to the microsecond."""
    return datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=(nanosecond - _DAY) // 1000)


def nanoseconds(at: datetime) -> int:
    """Convert a datetime to this module's count."""
    at = at.astimezone(UTC)
    seconds = (at.hour * 60 + at.minute) * 60 + at.second
    return at.toordinal() * _DAY + seconds * _SECOND + at.microsecond * 1000


@dataclass(frozen=True, slots=True)
class When:
    """A prefix and the range of the query's value."""

    prefix: str
    low: int
    high: int

    def accepts(self, value: Span) -> bool:
        return PREFIXES[self.prefix](self, value)

    def lookups(self) -> Iterable[Lookup]:
        return _LOOKUPS[self.prefix](self)

    @property
    def is_sufficient(self) -> bool:
        # These compare one end, which is what the index orders; the others also depend on the second end.
        return self.prefix in ("gt", "lt", "sa", "eb")


def _inside(query: When, value: Span) -> bool:
    return query.low <= value.low and value.high <= query.high


PREFIXES: dict[str, Callable[[When, Span], bool]] = {
    "eq": _inside,
    "ne": lambda query, value: not _inside(query, value),
    "gt": lambda query, value: value.high > query.high,
    "lt": lambda query, value: value.low < query.low,
    "ge": lambda query, value: value.high > query.high or _inside(query, value),
    "le": lambda query, value: value.low < query.low or _inside(query, value),
    "sa": lambda query, value: value.low > query.high,
    "eb": lambda query, value: value.high < query.low,
    "ap": lambda query, value: value.low <= query.high and value.high >= query.low,
}
"""Prefix → the relation of the two ranges (https://hl7.org/fhir/R4/search.html#prefix)."""

_LOOKUPS: dict[str, Callable[[When], tuple[Lookup, ...]]] = {
    "eq": lambda query: (Between("low", query.low, query.high),),
    "ne": lambda query: (),
    "gt": lambda query: (Between("high", query.high + 1, None),),
    "lt": lambda query: (Between("low", None, query.low - 1),),
    "ge": lambda query: (Between("high", query.low, None),),
    "le": lambda query: (Between("low", None, query.high),),
    "sa": lambda query: (Between("low", query.high + 1, None),),
    "eb": lambda query: (Between("high", None, query.low - 1),),
    "ap": lambda query: (Between("high", query.low, None),),
}


def parse_value(reading: ParameterContext, text: str) -> When:
    """Parse a value. Raises Invalid for a modifier, an unknown prefix, and an invalid date."""
    reading.check_modifier()
    plain = unescape(text).replace(" ", "+")  # a plus sign that was not percent-encoded arrives as a space
    prefix, value = (plain[:2], plain[2:]) if plain[:2].isalpha() else ("eq", plain)
    if prefix not in PREFIXES:
        raise reading.invalid_value(text)
    try:
        low, high = range_of(value)
    except ValueError as error:
        raise reading.invalid_value(text) from error
    if prefix == "ap":
        low, high = _approximate_range(low, high, nanoseconds(reading.now))
    return When(prefix, low, high)


def _approximate_range(low: int, high: int, now: int) -> tuple[int, int]:
    """Extend a range by a tenth of the distance between now and the date, on both sides."""
    # https://hl7.org/fhir/R4/search.html#prefix recommends 10 % of the gap between now and the date.
    gap = max(low - now, now - high, 0) // 10
    return low - gap, high + gap


def sort_key(value: Span) -> int:
    """Return the sort key for `_sort`."""
    return value.low
