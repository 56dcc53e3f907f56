"""The turns of an event loop, shared fairly: what many clients ask for at once is spread over many turns.

Between two turns the loop reads its sockets, so the length of a turn is what everybody else waits. Work that may be
long, or due for many clients at once, asks `mine` before it goes on. When a turn has lasted long enough, it waits in a
queue for one of the next turns, in which at least one of the queue goes on.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque

WOKEN = 16
"""Most tasks of the queue that are woken in one turn; each goes on if there is time left."""
PUT_OFF = 50
"""Most turns in a row in which the queue waits because a connection was accepted: uvloop accepts one in a turn, so that
many in a row would each wait for as much long work as all before them.
"""


class LoopTurns:
    """The turns of one loop. `waiting` counts the tasks in the queue."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._began: float | None = None
        self._is_called = False
        self._has_accepted = self._had_accepted = False
        self._put_off = 0
        self._queue: deque[asyncio.Future[bool]] = deque()
        self._again: list[asyncio.Future[bool]] = []

    @property
    def waiting(self) -> int:
        return len(self._queue) + len(self._again)

    def accepted(self) -> None:
        """Put the queue off by a turn, because a connection was accepted in this one and others may wait for that."""
        self._has_accepted = True

    @property
    def _is_put_off(self) -> bool:
        # The turn before counts too: the next connection is accepted at the end of this one.
        return (self._has_accepted or self._had_accepted) and self._put_off < PUT_OFF

    def are_over(self, seconds: float) -> bool:
        """Return whether the present turn has lasted longer than some seconds, since this was first asked in it."""
        now = time.perf_counter()
        if self._began is None:
            self._began = now
            self._call_next()
            return False
        return now - self._began > seconds

    async def mine(self, seconds: float, *, is_long: bool = False) -> None:
        """Go on if the present turn has lasted at most some seconds; else wait for a later one, in the queue.

        Work that may be long waits as well where a connection was accepted just before.
        """
        is_over = self.are_over(seconds)
        if not is_over and not (is_long and self._is_put_off):
            return
        is_first = await self._wait_in(self._queue)
        while self.are_over(seconds) and not is_first:
            is_first = await self._wait_in(self._again)

    async def _wait_in(self, queue: deque[asyncio.Future[bool]] | list[asyncio.Future[bool]]) -> bool:
        place: asyncio.Future[bool] = self.loop.create_future()
        queue.append(place)
        return await place

    def _call_next(self) -> None:
        if not self._is_called:
            self._is_called = True
            self.loop.call_soon(self._next)

    def _next(self) -> None:
        """Wake the first tasks of the queue; the very first goes on whatever else the next turn brings."""
        self._began, self._is_called = None, False
        self._had_accepted, self._has_accepted = self._has_accepted, False
        if self._is_put_off and self.waiting:
            self._put_off += 1
            self._call_next()
            return
        self._put_off = 0
        self._queue.extendleft(reversed(self._again))
        self._again.clear()
        woken = 0
        while self._queue and woken < WOKEN:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(not woken)
                woken += 1
        if woken:
            self._call_next()


class _Current(threading.local):
    turns: LoopTurns | None = None


_CURRENT = _Current()


def loop_turns() -> LoopTurns:
    """Return the turns of the running loop."""
    loop, turns = asyncio.get_running_loop(), _CURRENT.turns
    if turns is None or turns.loop is not loop:
        turns = _CURRENT.turns = LoopTurns(loop)
    return turns
