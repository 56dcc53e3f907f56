"""Long work in slices, so that the server answers other requests in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import TypeVar

SLICE = 0.005
"""Seconds of work between two pauses."""


LARGE = 128 * 1024
"""Size in bytes of an input from which pure work is done in a thread."""

T = TypeVar("T")
Work = Generator[None, None, T]
"""Long work that yields where a slice may end, and returns its result."""


def at_once(work: Work[T]) -> T:
    """Return the result of work without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


@dataclass(slots=True)
class Slices:
    """Long work in slices: `pause` lets other requests run when a slice is over."""

    began: float = field(default_factory=time.perf_counter)

    async def pause(self) -> None:
        if time.perf_counter() - self.began > SLICE:
            await asyncio.sleep(0)
            self.began = time.perf_counter()

    async def complete(self, work: Work[T]) -> T:
        """Return the result of work, with pauses where it yields."""
        while True:
            try:
                next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            await self.pause()

    async def aside(self, size: int, work: Callable[[], T]) -> T:
        """Return the result of work that shares no data, in a thread if its input of `size` bytes is large."""
        if size < LARGE:
            return work()
        result = await asyncio.to_thread(work)
        self.began = time.perf_counter()
        return result
