"""The time of one world: real, or frozen and moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the time in UTC. `frozen_at` holds it still; `advance` moves it either way."""

    def __init__(self, frozen_at: datetime | None = None) -> None:
        self._frozen_at = frozen_at
        self._offset = timedelta()

    @property
    def mode(self) -> str:
        return "real" if self._frozen_at is None else "frozen"

    def now(self) -> datetime:
        return (self._frozen_at or datetime.now(UTC)) + self._offset

    def advance(self, by: timedelta) -> None:
        self._offset += by

    @classmethod
    def parse(cls, text: str) -> Clock:
        """`real`, or an ISO 8601 instant to freeze at (UTC when it carries no offset). Raises ValueError."""
        if text == "real":
            return cls()
        at = datetime.fromisoformat(text)
        return cls(at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC))


def instant(at: datetime) -> str:
    """An instant as FHIR and JSON write it: UTC, milliseconds only where there are any, `Z`."""
    at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds" if at.microsecond // 1000 else "seconds").replace("+00:00", "Z")
