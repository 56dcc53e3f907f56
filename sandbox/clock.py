"""The time of one world: real, or frozen and moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


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
        raise ValueError(f"{text!r} is beyond the calendar") from error


def instant(at: datetime) -> str:
    """An instant as FHIR and JSON write it: UTC, milliseconds only where there are any, `Z`."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond // 1000 else "seconds").replace("+00:00", "Z")
