"""All protocols mixed at 70 % of the maximum rate for a long time: `python -m benchmarks.soak --minutes 20`

500 connections send HL7 (SOAP and MLLP), Custom REST, OAuth, all four FHIR endpoints and control to worlds that live
for half a minute: workspaces are created and deleted, and their clocks are advanced by a minute each second. Prints the
latencies and the memory of each minute, and the slope of the memory after the warm-up. Exit code 1 for any error.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from benchmarks.attacks.attacked import MB, Attacked, attacked
from benchmarks.soak.load import Load, Record
from benchmarks.soak.requests import prepare
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import Worlds

CONNECTIONS, SHARE = 500, 0.7
MEASURED = 8.0
"""Seconds in which the maximum rate is measured, by 16 connections."""


def main() -> int:
    """Print the table; exit code 1 for any error."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rate", type=float, help="requests a second, instead of 70 %% of the maximum")
    options = parser.parse_args()
    with attacked(()) as server:
        return asyncio.run(_soak(server, options.minutes, options.rate))


async def _soak(server: Attacked, minutes: float, rate: float | None) -> int:
    worlds = Worlds(Wire(server.port), prepare)
    await worlds.begin()
    going = asyncio.create_task(worlds.go_on())
    fastest = await _maximum(server, worlds) if rate is None else rate / SHARE
    rate = fastest * SHARE
    print(
        f"maximum {fastest:,.0f} requests a second; {rate:,.0f} on {CONNECTIONS} connections for {minutes:g} minutes",
        flush=True,
    )
    samples: list[tuple[float, float]] = []
    record = Record()
    watching = asyncio.create_task(_watch(server, record, samples))
    load = Load(server.port, server.mllp, worlds, CONNECTIONS)
    await load.run(minutes * 60, rate, record)
    await asyncio.sleep(4)
    for task in (watching, going):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    load.close()
    worlds.close()
    _print_slope(samples, minutes)
    counts = f"{worlds.created} worlds created, {worlds.deleted} deleted, {worlds.advanced} clocks advanced"
    print(f"{record.requests:,} requests; {counts}")
    for problem, number in record.errors.most_common(10):
        print(f"  {number} x {problem}")
    print(f"{record.errors.total()} errors")
    return 1 if record.errors else 0


async def _maximum(server: Attacked, worlds: Worlds) -> float:
    load = Load(server.port, server.mllp, worlds, 16)
    await load.run(2)
    record = await load.run(MEASURED)
    load.close()
    return record.requests / MEASURED


async def _watch(server: Attacked, record: Record, samples: list[tuple[float, float]]) -> None:
    """Note the resident memory each second, and print each minute when it is over."""
    start, printed = time.monotonic(), 0
    print(f"{'minute':>6} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'late ms':>8} {'memory MB':>10}", flush=True)
    while True:
        at = time.monotonic() - start
        samples.append((at, server.memory() / MB))
        # A few seconds later, when the last requests of the minute have been answered.
        if at > (printed + 1) * 60 + 3:
            _print_minute(record, samples, printed)
            printed += 1
        await asyncio.sleep(1)


def _print_minute(record: Record, samples: Sequence[tuple[float, float]], minute: int) -> None:
    latencies = record.latencies[minute]
    cuts = statistics.quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
    memory = [size for at, size in samples if minute * 60 <= at < (minute + 1) * 60]
    late = statistics.fmean(record.late[minute] or [0]) * 1000
    figures = f"{len(latencies):>9,} {cuts[49] * 1000:>8.0f} {cuts[98] * 1000:>8.0f} {late:>8.0f}"
    print(f"{minute + 1:>6} {figures} {statistics.fmean(memory or [0]):>10.0f}", flush=True)


def _print_slope(samples: Sequence[tuple[float, float]], minutes: float) -> None:
    warm = minutes * 60 / 3
    after = [(at / 60, size) for at, size in samples if at >= warm]
    if len(after) > 2:
        slope = statistics.linear_regression(*zip(*after, strict=True)).slope
        sizes = f"{after[0][1]:.0f} MB, in the end {after[-1][1]:.0f} MB"
        print(f"memory after {warm / 60:.1f} minutes: {sizes}, {slope:+.2f} MB a minute")


if __name__ == "__main__":
    sys.exit(main())
