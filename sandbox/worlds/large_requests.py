"""Large requests are answered one after the other: the memory and the time that each takes come once, not many times.

There are two lanes, so that a large request does not wait for a huge one. Bodies that wait are bounded in bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from sandbox.worlds.pending_bodies import Busy

HUGE = 1024 * 1024
"""Bytes from which a request is huge."""
REST = 0.01
"""Seconds in which others are answered between two huge requests."""

Lanes = dict[bool, asyncio.Lock]
"""The locks of one loop, of large and of huge requests."""
_LANES: WeakKeyDictionary[asyncio.AbstractEventLoop, Lanes] = WeakKeyDictionary()
_IS_INSIDE: ContextVar[bool] = ContextVar("is_inside", default=False)
"""Whether the current task has its turn: what it asks of this server itself does not wait for it."""


class QueueFull(Busy):
    """A large request for which there is no room in the queue now: 503."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.rule = "frontend.queued-bodies"
        self.text = f"Large requests that wait for their turn hold more than {most} bytes"


class LargeRequests:
    """The large requests of one server.

    `queued` is the bytes of those that wait: at most `most`, unless one waits alone.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.queued = 0

    @asynccontextmanager
    async def one_by_one(self, size: int) -> AsyncIterator[None]:
        """Wait for the earlier requests about as large, of which each runs inside this. Raises QueueFull."""
        if _IS_INSIDE.get():
            yield
            return
        lanes = _LANES.setdefault(asyncio.get_running_loop(), {False: asyncio.Lock(), True: asyncio.Lock()})
        lane = lanes[size >= HUGE]
        is_queued = lane.locked()
        if is_queued:
            self._join(size)
        try:
            await lane.acquire()
        finally:
            if is_queued:
                self.queued -= size
        before = _IS_INSIDE.set(True)
        try:
            if is_queued:
                await asyncio.sleep(REST if size >= HUGE else 0)
            yield
        finally:
            _IS_INSIDE.reset(before)
            lane.release()

    def _join(self, size: int) -> None:
        if self.queued and self.queued + size > self._most:
            raise QueueFull(self._most)
        self.queued += size
