"""ISO 8601 durations, added to a time by the calendar: a month after 31 January is the last day of February."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

_NUMBER = r"(\d{1,9}(?:\.\d{1,9})?)"
_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d{1,5})Y)?(?:(\d{1,6})M)?"
    rf"(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)


def add_duration(at: datetime, duration: str) -> datetime:
    """Return the time a duration later: `P1Y2M3DT4H5M6S`, `P2W`. Years and months are whole numbers.

    Raises ValueError for a text that is not a duration, OverflowError for a time beyond the calendar.
    """
    match = _DURATION.fullmatch(duration.replace(",", "."))
    if match is None:
        raise ValueError(f"{duration!r} is not an ISO 8601 duration")
    # By the calendar first, then the exact rest, in the order of ISO 8601: the length of a month depends on where it
    # starts.
    years, months = (int(part or 0) for part in match.groups()[:2])
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups()[2:])
    rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    return datetime.combine(months_later(at.date(), years * 12 + months), at.timetz()) + rest


def months_later(day: date, months: int) -> date:
    """Return the date some months later or earlier; the last day of a month that is too short. Raises OverflowError."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if not 1 <= year <= 9999:
        raise OverflowError(f"the year {year} is outside the supported calendar")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
