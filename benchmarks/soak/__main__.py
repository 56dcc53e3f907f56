"""All protocols mixed at 70 % of the maximum rate for a long time: `python -m benchmarks.soak --minutes 20`

500 connections send HL7 (SOAP and MLLP), Custom REST, OAuth, all four FHIR endpoints and control to worlds that live
for half a minute: workspaces are created and deleted, and their clocks are advanced by a minute each second. The
journal is filled first. Prints the latencies and the memory of each minute, and the slope of the memory after the
warm-up. Exit code 1 for any error.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress

from benchmarks.attacks.attacked import Attacked, attacked
from benchmarks.soak import journal
from benchmarks.soak.load import Load, Record
from benchmarks.soak.minutes import Samples, slope_of, watch
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
    await journal.fill(server.port)
    going = asyncio.create_task(worlds.go_on())
    fastest = await _maximum(server, worlds) if rate is None else rate / SHARE
    rate = fastest * SHARE
    print(
        f"maximum {fastest:,.0f} requests a second; {rate:,.0f} on {CONNECTIONS} connections for {minutes:g} minutes",
        flush=True,
    )
    samples: Samples = []
    record = Record()
    watching = asyncio.create_task(watch(server, record, samples))
    load = Load(server.port, server.mllp, worlds, CONNECTIONS)
    await load.run(minutes * 60, rate, record)
    await asyncio.sleep(4)
    for task in (watching, going):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    load.close()
    worlds.close()
    print(slope_of(samples, minutes))
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


if __name__ == "__main__":
    sys.exit(main())
