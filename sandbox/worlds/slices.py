"""Long work in slices, so that the server answers other requests in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from sandbox.base.pauses import pause_here
from sandbox.worlds.loop_turns import loop_turns

SLICE = 0.005
"""Seconds of work in one turn of the loop, of all that work in slices together."""


LARGE = 128 * 1024
"""Size in bytes of an input from which pure work is done in a thread."""

T = TypeVar("T")
Work = Generator[None, None, T]
"""Long work that yields where a slice may end, and returns its result."""


def at_once(work: Work[T]) -> T:
    """Return the result of work without a pause."""
    return _result(work, lambda: None)


def paused(work: Work[T]) -> T:
    """Return the result of work that is done in turns, with pauses where it yields."""
    return _result(work, pause_here)


def _result(work: Work[T], pause: Callable[[], None]) -> T:
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        pause()


_thread = ThreadPoolExecutor(1, thread_name_prefix="pkb-sandbox-work")


async def in_thread(work: Callable[[], T]) -> T:
    """Return the result of work that only reads what is its own, in a thread.

    All of it has one thread: Python runs one at a time anyway, and with several the loop would wait for a turn of each.
    """
    return await asyncio.get_running_loop().run_in_executor(_thread, copy_context().run, work)


class Slices:
    """Long work in slices: `pause` lets other requests run when a slice is over, and other work in slices in turn."""

    async def pause(self) -> None:
        await loop_turns().mine(SLICE, is_long=True)

    async def complete(self, work: Work[T]) -> T:
        """Return the result of work, with pauses where it yields."""
        turns = loop_turns()
        while True:
            try:
                next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            if turns.are_over(SLICE):
                await turns.mine(SLICE)

    async def aside(self, size: int, work: Callable[[], T]) -> T:
        """Return the result of work that shares no data, in a thread if its input of `size` bytes is large."""
        return work() if size < LARGE else await in_thread(work)
