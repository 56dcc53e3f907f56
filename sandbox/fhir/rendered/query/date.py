"""Date parameters: a prefix and a value with a range of time (https://hl7.org/fhir/STU3/search.html#date).

A value without an offset is in Europe/London, so that a day is the day of PKB's users.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.errors import Invalid
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.search.date import instant_of, range_of

LONDON = ZoneInfo("Europe/London")
_VALUE = re.compile(r"(?P<prefix>[a-z]{2})?(?P<date>\d.*)", re.ASCII)
LAST_YEAR = 9999
"""The year that clients write for "no end": such a value extends to the end of time."""


@dataclass(frozen=True, slots=True)
class DateCriterion:
    """A prefix and the range of the value: from `start`, up to but not including `end`."""

    prefix: str
    start: datetime
    end: datetime

    def matches(self, at: datetime) -> bool:
        """Return whether a time has the relation of the prefix."""
        return _COMPARE[self.prefix](self, at)

    def matches_period(self, started: datetime, ended: datetime | None) -> bool:
        """Return whether a period has the relation of the prefix; a period without end never ends.

        `eq` requires it inside the value's range, `gt` and `lt` a part of it after or before; `ge` and `le` either.
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
    """Parse a value. Raises Invalid for a modifier, a prefix that the rule does not list, or an invalid date."""
    if modifier:
        raise Invalid(
            f"Parameter {rule.name} does not accept a modifier", code="invalid", rule="facade.search-modifier"
        )
    match = _VALUE.fullmatch(value)
    try:
        if match is None:
            raise ValueError(value)
        # A plus sign that was not percent-encoded arrives as a space.
        start, end = _stretch(match["date"].replace(" ", "+"))
    except (ValueError, OverflowError) as error:
        text = f"Parameter {rule.name} is not a valid date: {value}"
        raise Invalid(text, code="invalid", rule="facade.search-value") from error
    prefix = match["prefix"] or "eq"
    if prefix not in rule.prefixes or prefix not in _COMPARE:
        supported = ", ".join(rule.prefixes)
        text = f"Parameter {rule.name} supports the prefixes [{supported}], not {prefix}"
        raise Invalid(text, code="invalid", rule="facade.search-prefix")
    return DateCriterion(prefix, start, end)


def _stretch(text: str) -> tuple[datetime, datetime]:
    """Return the first time in a value's range, and the first one after it."""
    span = range_of(text, LONDON)
    # The end of that year is not the end of time: a period that has no end must match too.
    if int(text[:4]) == LAST_YEAR:
        return instant_of(span.low), datetime.max.replace(tzinfo=UTC)
    return instant_of(span.low), instant_of(span.high + 1)
