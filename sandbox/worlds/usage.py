"""The times at which a world was created and last used, by the real clock and not its own, and its idle limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Usage:
    """`idle_seconds` is how long a world may go without a request before it expires; None for any length of time."""

    def __init__(self, idle_seconds: float | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.created_at = datetime.now(UTC)
        self.idle_seconds = idle_seconds
        self._now = now
        self._last_used = now()
        self._used_before: datetime | None = None

    def touch(self) -> None:
        """Record a use."""
        self._last_used = self._now()
        self._used_before = None

    def resume(self, created_at: datetime, last_used_at: datetime) -> None:
        """Go on from an earlier run. The time in which no server ran does not count as idle."""
        self.created_at = created_at
        self._used_before = last_used_at

    @property
    def last_used_at(self) -> datetime:
        return self._used_before or datetime.now(UTC) - timedelta(seconds=self._idle())

    @property
    def is_over(self) -> bool:
        return self.idle_seconds is not None and self._idle() > self.idle_seconds

    def _idle(self) -> float:
        return self._now() - self._last_used
