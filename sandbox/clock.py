"""The time of one world: real, or frozen and moved by hand; instants, and days that were sent without a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo

HOME = ZoneInfo("Europe/London")
"""Where PKB's patients are: the zone of days and times that name none."""

PRECISIONS = {4: "year", 7: "month", 10: "day"}
"""Characters of an ISO 8601 date → how precise it is."""


class LocalDay(datetime):
    """The beginning of a day, month or year that was sent without a time, with the offset of its place.

    It compares as the instant that it is, and what is computed from it is a plain datetime; only when it is written
    is it a day again. `precision` is what was sent: `day`, `month` or `year`.
    """

    __slots__ = ("precision",)
    precision: str

    def __new__(cls, *args: Any, **kwargs: Any) -> datetime:  # type: ignore[misc]
        """A plain datetime: arithmetic and `astimezone` make their results by it."""
        return datetime(*args, **kwargs)

    def replace(self, *args: Any, **changes: Any) -> datetime:  # type: ignore[override]
        return (self + timedelta()).replace(*args, **changes)

    @classmethod
    def of(cls, day: date, zone: tzinfo, precision: str = "day") -> Self:
        """The beginning of a day in a zone. Raises OverflowError for one that has none in UTC."""
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        start.astimezone(UTC)
        offset = timezone(start.utcoffset() or timedelta())
        self = datetime.__new__(cls, day.year, day.month, day.day, tzinfo=offset)
        self.precision = precision
        return self

    @classmethod
    def parse(cls, text: str, zone: tzinfo) -> Self:
        """A day, a month or a year of ISO 8601 in a zone. Raises ValueError."""
        try:
            return cls.of(date.fromisoformat(text + "-01-01"[len(text) - 4 :]), zone, PRECISIONS[len(text)])
        except (KeyError, OverflowError) as error:
            raise ValueError(text) from error


class Clock:
    """The time in UTC. `frozen_at` holds it still; `advance` moves it either way."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._frozen_at = frozen_at
        self._offset = timedelta()

    @property
    def mode(self) -> str:
        return "real" if self._frozen_at is None else "frozen"

    def now(self) -> datetime:
        return (self._frozen_at or datetime.now(UTC)) + self._offset

    def advance(self, by: timedelta) -> None:
        """Moves the time; a real clock runs on from there."""
        self._offset += by

    def freeze(self, at: datetime) -> None:
        """Holds the time still at an instant."""
        self._frozen_at, self._offset = at, timedelta()

    def run(self) -> None:
        """Goes back to real time."""
        self._frozen_at, self._offset = None, timedelta()

    @classmethod
    def parse(cls, text: str) -> Clock:
        """`real`, or an ISO 8601 instant to freeze at (UTC when it carries no offset). Raises ValueError."""
        return cls() if text == "real" else cls(parse_instant(text))


def parse_instant(text: str) -> datetime:
    """An ISO 8601 instant, in UTC when it carries no offset. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the supported calendar") from error


def instant(at: datetime) -> str:
    """An instant as FHIR and JSON write it: UTC, milliseconds only where there are any, `Z`; a day with its offset."""
    at = at if isinstance(at, LocalDay) else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond // 1000 else "seconds").replace("+00:00", "Z")


def moment(at: datetime) -> str:
    """A time where a date may stand too, as FHIR's dateTime: a day without its time, anything else as `instant`."""
    return at.date().isoformat() if isinstance(at, LocalDay) else instant(at)


def calendar_day(at: datetime) -> date:
    """A day that was sent as one; else the day of an instant where PKB's patients are."""
    return (at if isinstance(at, LocalDay) else at.astimezone(HOME)).date()
