"""Date parameters: a prefix and a value that stands for a stretch of time (https://hl7.org/fhir/STU3/search.html#date).

A value without an offset is taken in Europe/London, so that a day is the day of PKB's users.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sandbox.errors import Invalid
from sandbox.fhir.capability import SearchRule

_TIME = r"T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>\.\d{1,9})?)?"
_OFFSET = r"(?P<offset>Z|[+ -]\d{2}:\d{2})?"
_VALUE = re.compile(
    rf"(?P<prefix>[a-z]{{2}})?(?P<year>\d{{4}})(?:-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}})(?:{_TIME}{_OFFSET})?)?)?",
    re.ASCII,
)


LAST_YEAR = 9999
"""Clients write it for "no end": a value in it reaches to the end of time."""


@dataclass(frozen=True, slots=True)
class DateCriterion:
    """A prefix and the time that the value covers: from `start`, up to and without `end`."""

    prefix: str
    start: datetime
    end: datetime

    def matches(self, at: datetime) -> bool:
        """Whether an instant lies as the prefix says."""
        return _COMPARE[self.prefix](self, at)

    def matches_period(self, started: datetime, ended: datetime | None) -> bool:
        """Whether a period lies as the prefix says; one that has not ended goes on for ever.

        `eq` wants it inside the value's time, `gt` and `lt` a part of it after or before; `ge` and `le` either.
        """
        inside = ended is not None and self.start <= started and ended < self.end
        reaches = {"gt": ended is None or ended >= self.end, "lt": started < self.start}
        reaches |= {"eq": inside, "ge": reaches["gt"] or inside, "le": reaches["lt"] or inside}
        return reaches[self.prefix]


_COMPARE: dict[str, Callable[[DateCriterion, datetime], bool]] = {
    "eq": lambda criterion, at: criterion.start <= at < criterion.end,
    "lt": lambda criterion, at: at < criterion.start,
    "ge": lambda criterion, at: at >= criterion.start,
    "gt": lambda criterion, at: at >= criterion.end,
    "le": lambda criterion, at: at < criterion.end,
}


def parse(rule: SearchRule, modifier: str, value: str) -> DateCriterion:
    """Raises Invalid: a modifier, a prefix that the rule does not list, something that is no date."""
    if modifier:
        raise Invalid(f"Parameter {rule.name} takes no modifier", code="invalid", rule="facade.search-modifier")
    found = _VALUE.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        start = _start(found)
        end = _end(found, start)
    except (ValueError, OverflowError) as error:
        text = f"Parameter {rule.name} is no date: {value}"
        raise Invalid(text, code="invalid", rule="facade.search-value") from error
    prefix = found["prefix"] or "eq"
    if prefix not in rule.prefixes or prefix not in _COMPARE:
        supported = ", ".join(rule.prefixes)
        text = f"Parameter {rule.name} supports the prefixes [{supported}], not {prefix}"
        raise Invalid(text, code="invalid", rule="facade.search-prefix")
    return DateCriterion(prefix, start, end)


def _start(found: re.Match[str]) -> datetime:
    part = [int(found[name] or first) for name, first in (("year", 1), ("month", 1), ("day", 1))]
    part += [int(found[name] or 0) for name in ("hour", "minute", "second")]
    microsecond = int((found["fraction"] or ".").removeprefix(".")[:6].ljust(6, "0"))
    return datetime(*part, microsecond=microsecond, tzinfo=_zone(found["offset"]))  # type: ignore[misc,arg-type]


def _zone(offset: str | None) -> tzinfo | None:
    if offset is None:
        return ZoneInfo("Europe/London")
    # A plus sign that was not percent-encoded arrives as a space.
    return datetime.fromisoformat("2000-01-01T00:00:00" + offset.replace(" ", "+")).tzinfo


def _end(found: re.Match[str], start: datetime) -> datetime:
    """The end of the year, month or day on the calendar; of a minute, second or millisecond in real time."""
    if start.year == LAST_YEAR:
        return datetime.max.replace(tzinfo=UTC)
    if found["month"] is None:
        return start.replace(year=start.year + 1)
    if found["day"] is None:
        return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    if found["hour"] is None:
        return start + timedelta(days=1)
    if found["second"] is None:
        return start.astimezone(UTC) + timedelta(minutes=1)
    return start.astimezone(UTC) + (timedelta(milliseconds=1) if found["fraction"] else timedelta(seconds=1))
