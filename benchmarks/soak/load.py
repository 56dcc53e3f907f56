"""Send the requests at a rate, or as fast as they are answered, and note latencies and errors by the minute."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count

from benchmarks.soak.requests import REQUESTS, Ask, mllp
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import Worlds

BY_MLLP = 25
"""One connection in so many speaks MLLP."""


@dataclass(slots=True)
class Record:
    """What was measured, in seconds by the minute: until the answer, and from when a request was due until it was sent,
    which grows where client or server cannot keep the rate. Errors have their number.
    """

    latencies: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    requests: int = 0


class Load:
    """A number of connections that take turns."""

    def __init__(self, port: int, mllp_port: int, worlds: Worlds, connections: int) -> None:
        self._lanes = [(Wire(mllp_port), True) if n % BY_MLLP == 0 else (Wire(port), False) for n in range(connections)]
        self._worlds = worlds
        self._requests = count()

    async def run(self, seconds: float, rate: float | None = None, record: Record | None = None) -> Record:
        """Send for some seconds: `rate` a second, whether or not earlier ones are answered, or as fast as they are."""
        record, start, turns = record or Record(), time.monotonic(), count()
        await asyncio.gather(
            *(self._lane(wire, is_mllp, record, start, seconds, rate, turns) for wire, is_mllp in self._lanes)
        )
        return record

    async def _lane(
        self,
        wire: Wire,
        is_mllp: bool,
        record: Record,
        start: float,
        seconds: float,
        rate: float | None,
        turns: count[int],
    ) -> None:
        end = start + seconds
        while True:
            due = start + next(turns) / rate if rate else time.monotonic()
            # A rate that cannot be kept makes the requests late, and not the run longer.
            if due >= end or time.monotonic() >= end:
                return
            await asyncio.sleep(max(due - time.monotonic(), 0))
            ask: Ask = mllp if is_mllp else REQUESTS[next(self._requests) % len(REQUESTS)]
            minute, begun = int((due - start) // 60), time.monotonic()
            record.late[minute].append(begun - due)
            problem = await self._asked(ask, wire)
            record.latencies[minute].append(time.monotonic() - begun)
            record.requests += 1
            if problem:
                record.errors[problem] += 1

    async def _asked(self, ask: Ask, wire: Wire) -> str:
        with self._worlds.use() as world:
            try:
                async with asyncio.timeout(60):
                    return await ask(wire, world)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                wire.close()
                return f"{type(error).__name__}: {error}"

    def close(self) -> None:
        for wire, _ in self._lanes:
            wire.close()
