"""The time of one world: real, or frozen and advanced; times, and dates that were sent without a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/London")
"""The time zone of PKB's patients, for dates and times without a zone."""

PRECISIONS = {4: "year", 7: "month", 10: "day"}
"""Length of an ISO 8601 date → its precision."""


class LocalDay(datetime):
    """The beginning of a day, month or year that was sent without a time, with the offset of its zone.

    It compares as a datetime, and arithmetic gives a plain datetime; only its output is a date again. `precision` is
    the sent precision: `day`, `month` or `year`.
    """

    __slots__ = ("precision",)
    precision: str

    def __new__(cls, *args: Any, **kwargs: Any) -> datetime:  # type: ignore[misc]
        """The same time as a plain datetime, for the results of arithmetic and `astimezone`."""
        return datetime(*args, **kwargs)

    def replace(self, *args: Any, **changes: Any) -> datetime:  # type: ignore[override]
        # Arithmetic gives a plain datetime: with another time it is no longer a day without one.
        return (self + timedelta()).replace(*args, **changes)

    @classmethod
    def of(cls, day: date, zone: tzinfo, precision: str = "day") -> Self:
        """Return the beginning of a day in a zone. Raises OverflowError if it has none in UTC."""
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        # Fails here, not in a later comparison: the first and last days of the calendar may not exist in UTC.
        start.astimezone(UTC)
        offset = timezone(start.utcoffset() or timedelta())
        self = datetime.__new__(cls, day.year, day.month, day.day, tzinfo=offset)
        self.precision = precision
        return self

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> Self:
        """Parse a day, month or year of ISO 8601 in a zone. Raises ValueError."""
        try:
            # `2026` and `2026-05` are completed to their first day.
            return cls.of(date.fromisoformat(text + "-01-01"[len(text) - 4 :]), zone, PRECISIONS[len(text)])
        except (KeyError, OverflowError) as error:
            raise ValueError(text) from error


class Clock:
    """The time in UTC. `frozen_at` freezes it; `advance` moves it forward or back."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._frozen_at = frozen_at
        self._offset = timedelta()

    @property
    def mode(self) -> str:
        return "real" if self._frozen_at is None else "frozen"

    def now(self) -> datetime:
        return (self._frozen_at or datetime.now(UTC)) + self._offset

    def advance(self, by: timedelta) -> None:
        """Move the time; a real clock continues from there."""
        self._offset += by

    def freeze(self, at: datetime) -> None:
        """Freeze the clock at a time."""
        self._frozen_at, self._offset = at, timedelta()

    def run(self) -> None:
        """Return to real time."""
        self._frozen_at, self._offset = None, timedelta()

    @property
    def state(self) -> tuple[datetime | None, timedelta]:
        """The time at which it is frozen, if it is, and by how much it was advanced."""
        return self._frozen_at, self._offset

    @classmethod
    def of_state(cls, frozen_at: datetime | None, offset: timedelta) -> Clock:
        """Return a clock in the state of another."""
        clock = cls(frozen_at)
        clock._offset = offset
        return clock

    @classmethod
    def parse(cls, text: str) -> Clock:
        """Parse `real`, or an ISO 8601 time at which to freeze (UTC without an offset). Raises ValueError."""
        return cls() if text == "real" else cls(parse_instant(text))


def parse_instant(text: str) -> datetime:
    """Parse an ISO 8601 time, as UTC without an offset. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the supported calendar") from error


def instant(at: datetime) -> str:
    """Format a time as FHIR and JSON do: UTC, milliseconds only if there are any, `Z`; a day with its offset."""
    at = at if isinstance(at, LocalDay) else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond // 1000 else "seconds").replace("+00:00", "Z")


def moment(at: datetime) -> str:
    """Format a FHIR dateTime: a day without its time, any other time as `instant` does."""
    return at.date().isoformat() if isinstance(at, LocalDay) else instant(at)


def calendar_day(at: datetime) -> date:
    """Return a day that was sent as one; else the day of a time in the zone of PKB's patients."""
    return (at if isinstance(at, LocalDay) else at.astimezone(HOME)).date()
