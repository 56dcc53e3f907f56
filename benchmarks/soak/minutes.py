"""What a soak prints: a line for each minute, and how fast the memory grows after the warm-up."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.attacks.attacked import MB, Attacked
from benchmarks.soak.journal import journal_bytes
from benchmarks.soak.load import Record
from benchmarks.soak.wire import Wire

HEAD = (
    f"{'minute':>6} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'late ms':>8} "
    f"{'busy %':>7} {'waits %':>8} {'journal MB':>11} {'memory MB':>10}"
)
Samples = list[tuple[float, float]]
"""Seconds since the start, and megabytes."""


async def watch(server: Attacked, record: Record, samples: Samples) -> None:
    """Note the resident memory each second, and print each minute when it is over."""
    start, printed, since, wire = time.monotonic(), 0, 0.0, Wire(server.port)
    before = processor(server.process)
    print(HEAD, flush=True)
    while True:
        at = time.monotonic() - start
        samples.append((at, server.memory() / MB))
        # A few seconds later, when the last requests of the minute have been answered.
        if at > (printed + 1) * 60 + 3:
            now, journal = processor(server.process), await journal_bytes(wire) / MB
            shares = [(end - begin) / (at - since) * 100 for begin, end in zip(before, now, strict=True)]
            print(_line(record, samples, printed, shares, journal), flush=True)
            printed, since, before = printed + 1, at, now
        await asyncio.sleep(1)


def processor(process: int) -> tuple[float, float]:
    """Return for how many seconds the thread with the event loop ran, and for how many it waited for a processor."""
    fields = Path(f"/proc/{process}/schedstat").read_text(encoding="ascii").split()
    return int(fields[0]) / 1e9, int(fields[1]) / 1e9


def _line(record: Record, samples: Samples, minute: int, shares: Sequence[float], journal: float) -> str:
    latencies = record.latencies[minute]
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    memory = [size for at, size in samples if minute * 60 <= at < (minute + 1) * 60]
    late = statistics.fmean(record.late[minute] or [0]) * 1000
    figures = f"{len(latencies):>9,} {cuts[49] * 1000:>8.0f} {cuts[98] * 1000:>8.0f} {late:>8.0f}"
    busy, waits = shares
    sizes = f"{journal:>11.1f} {statistics.fmean(memory or [0]):>10.1f}"
    return f"{minute + 1:>6} {figures} {busy:>7.0f} {waits:>8.0f} {sizes}"


def slope_of(samples: Samples, minutes: float) -> str:
    """Return the sentence about the growth after the first third; empty for too few samples."""
    warm = minutes * 60 / 3
    after = [(at / 60, size) for at, size in samples if at >= warm]
    if len(after) < 3:
        return ""
    slope = statistics.linear_regression(*zip(*after, strict=True)).slope
    sizes = f"{after[0][1]:.0f} MB, in the end {after[-1][1]:.0f} MB"
    return f"memory after {warm / 60:.1f} minutes: {sizes}, {slope:+.2f} MB a minute"
