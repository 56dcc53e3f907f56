"""The journal of a soak is full before anything is measured: one that fills would look like a leak of memory."""

from __future__ import annotations

import asyncio
import re
from itertools import count

from benchmarks.soak.requests import WITHOUT_CREDENTIAL
from benchmarks.soak.wire import Wire
from sandbox.settings import Settings

LANES = 8
_BYTES = re.compile(rb"^pkb_sandbox_journal_bytes (\S+)", re.MULTILINE)


async def fill(port: int, exchanges: int = Settings.journal_exchanges) -> None:
    """Send requests without a credential, whose exchanges stay when the worlds of the soak are deleted."""
    turns = count()
    wires = [Wire(port) for _ in range(LANES)]
    await asyncio.gather(*(_send(wire, turns, exchanges) for wire in wires))
    for wire in wires:
        wire.close()


async def _send(wire: Wire, turns: count[int], exchanges: int) -> None:
    while (turn := next(turns)) < exchanges:
        path = WITHOUT_CREDENTIAL[turn % len(WITHOUT_CREDENTIAL)]
        status, _ = await wire.ask("GET", path, b"", {})
        if status != 200:
            raise SystemExit(f"{path}: {status}")


async def journal_bytes(wire: Wire) -> float:
    """Return the memory that the server counts for the exchanges of all worlds."""
    _, answer = await wire.ask("GET", "/_sandbox/metrics", b"", {})
    size = _BYTES.search(answer)
    return float(size[1]) if size else 0.0
