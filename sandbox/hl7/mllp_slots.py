"""The connections of an MLLP listener: how long one may wait, and which one is closed when there are too many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from sandbox import facts

_, IDLE, _ = facts.value("hl7.mllp")
"""Seconds to wait for the next message."""
CHUNK = 65536
"""Bytes per read, and bytes that buy a half-sent message another time-out."""
LEAST_WAIT = 1.0
"""Seconds that a connection must have waited before another may take its place."""


class Slots:
    """The connections of a listener, at most `most`."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting_since: dict[asyncio.Task[None], float | None] = {}

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        return iter(self._waiting_since)

    def enter(self, task: asyncio.Task[None]) -> None:
        """Take a place, if need be that of the connection that has waited longest for its client.

        Raises ConnectionRefusedError if all are at work, or have waited for less than a second.
        """
        if len(self._waiting_since) >= self.most:
            waiting = [(since, other) for other, since in self._waiting_since.items() if since is not None]
            since, longest = min(waiting, key=lambda pair: pair[0], default=(time.monotonic(), None))
            if longest is None or time.monotonic() - since < LEAST_WAIT:
                raise ConnectionRefusedError(f"the limit of {self.most} connections is reached")
            del self._waiting_since[longest]
            longest.cancel()
        self._waiting_since[task] = None

    def leave(self, task: asyncio.Task[None]) -> None:
        self._waiting_since.pop(task, None)

    def wait(self, is_waiting: bool) -> None:
        """Note that the current connection begins or ends to wait for its client."""
        task = asyncio.current_task()
        if task in self._waiting_since:
            self._waiting_since[task] = time.monotonic() if is_waiting else None


class TimedReads:
    """Reads from a connection in time: a begun message must end, or go on by 64 KiB, within `half_sent` seconds."""

    def __init__(self, reader: asyncio.StreamReader, slots: Slots, half_sent: float) -> None:
        self._reader = reader
        self._slots = slots
        self._half_sent = half_sent
        self._until = 0.0
        self._bytes = 0
        self._message: int | None = None

    async def read(self, message: int | None) -> bytes:
        """Return the next bytes, none at the end. Raises TimeoutError. `message` is the number of the message that has
        begun and not ended, None between two. Single bytes do not extend the time-out.
        """
        now = time.monotonic()
        if message != self._message or self._bytes >= CHUNK or message is None:
            # A new time-out only for a new message, or after 64 KiB: a slow peer must make progress.
            self._until, self._bytes = now + (IDLE if message is None else self._half_sent), 0
            self._message = message
        self._slots.wait(True)
        try:
            # At least a millisecond, so that bytes which have arrived already are still read.
            data = await asyncio.wait_for(self._reader.read(CHUNK), max(self._until - now, 0.001))
        finally:
            self._slots.wait(False)
        self._bytes += len(data)
        return data
