"""Timestamps (TS): precision, zones, and dates of birth.

Source: *Time stamp values*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013095
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from sandbox.base.clock import LocalDay
from sandbox.base.short_cache import short_cache
from sandbox.errors import Invalid

_TS = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?([+-]\d{4})?", re.ASCII
)
"""Year, month, day, hour, minute, second, fraction, offset: each needs the one before it, except the offset."""
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})$")


def parse(value: str, where: str, zone: tzinfo) -> datetime | None:
    """Parse a timestamp as a time in UTC, to the millisecond; missing parts take their first value.

    A timestamp without a time is that day in its zone, and keeps its precision. `zone` applies if the value has no
    offset. An empty value is None. Raises Invalid with value and field.
    """
    try:
        return _instant(value, zone) if value else None
    except (ValueError, OverflowError) as error:
        raise _invalid(value, where) from error


@short_cache(1000)
def _instant(value: str, zone: tzinfo) -> datetime:
    """Parse a timestamp that is not empty. The same ones recur: one object stands for each, in the record too."""
    match = _TS.fullmatch(value)
    if match is None:
        raise ValueError(value)
    year, month, day, hour, minute, second, fraction, own = match.groups()
    at_zone = offset(own) or zone if own else zone
    # A day has no hour to convert: as an instant it would fall on another date in another zone.
    if hour is None:
        return LocalDay.parse("-".join(part for part in (year, month, day) if part), at_zone)
    at = datetime(
        int(year),
        int(month),
        int(day),
        int(hour),
        int(minute or 0),
        int(second or 0),
        int(fraction.ljust(3, "0")[:3]) * 1000 if fraction else 0,
        at_zone,
    )
    return at.astimezone(UTC)


def parse_date(value: str, where: str) -> date | None:
    """Parse a date without a zone; a time after it is dropped. Raises Invalid."""
    # The usual form, read without the pattern.
    if len(value) == 8 and value.isascii() and value.isdigit():
        try:
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        except ValueError as error:
            raise _invalid(value, where) from error
    at = parse(value, where, UTC)
    # The date as written: a birth late in the evening, with an offset, stays on its day.
    if at is not None and (own := offset(value)):
        at = at.astimezone(own)
    return at.date() if at else None


def offset(value: str) -> tzinfo | None:
    """Return the zone in a timestamp, such as `+0100`, or None."""
    match = _OFFSET.search(value)
    if not match:
        return None
    sign = 1 if match[1] == "+" else -1
    # No zone is further from UTC than 14 hours; a larger offset is a typing error.
    if int(match[2]) > 14 or int(match[3]) > 59:
        raise ValueError(value)
    return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))


def zone_of(message_timestamp: str, sender_zone: str) -> tzinfo:
    """Return the zone for values without an offset: that of MSH-7 if it has one, else the sender's."""
    try:
        own = offset(message_timestamp)
    except ValueError:
        own = None
    return own or _zone(sender_zone)


@cache
def _zone(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def format_timestamp(at: datetime) -> str:
    """Format a time as PKB writes it: seconds and UTC offset, `20250310091501+0000`."""
    return _second((at - _EPOCH) // _SECOND)


@lru_cache(16)
def _second(number: int) -> str:
    """Format a second since 1970: a busy server acknowledges thousands of messages in one."""
    text = (_EPOCH + number * _SECOND).isoformat()
    # Slices take less time than `strftime`.
    return f"{text[:4]}{text[5:7]}{text[8:10]}{text[11:13]}{text[14:16]}{text[17:19]}+0000"


def _invalid(value: str, where: str) -> Invalid:
    instead = "YYYY[MM[DD[HH[MM[SS[.SSS]]]]]][+ZZZZ], each part complete"
    return Invalid(f"Invalid timestamp [{value}] in {where}", rule="hl7.timestamp", instead=instead)
