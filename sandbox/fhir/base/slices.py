"""Long work in slices, so that the server answers other requests in between."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

SLICE = 0.005
"""Seconds of work between two pauses."""


@dataclass(slots=True)
class Slices:
    """Long work in slices: `pause` lets other requests run when a slice is over."""

    began: float = field(default_factory=time.perf_counter)

    async def pause(self) -> None:
        if time.perf_counter() - self.began > SLICE:
            await asyncio.sleep(0)
            self.began = time.perf_counter()
