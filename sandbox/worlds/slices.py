"""Long work in slices, so that the server answers other requests in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

SLICE = 0.005
"""Seconds of work between two pauses."""


LARGE = 128 * 1024
"""Size in bytes of an input from which pure work is done in a thread."""

T = TypeVar("T")


@dataclass(slots=True)
class Slices:
    """Long work in slices: `pause` lets other requests run when a slice is over."""

    began: float = field(default_factory=time.perf_counter)

    async def pause(self) -> None:
        if time.perf_counter() - self.began > SLICE:
            await asyncio.sleep(0)
            self.began = time.perf_counter()

    async def aside(self, size: int, work: Callable[[], T]) -> T:
        """Return the result of work that only reads what is its own, in a thread if its input is large (bytes)."""
        if size < LARGE:
            return work()
        result = await asyncio.to_thread(work)
        self.began = time.perf_counter()
        return result
