"""What other clients notice of each kind of attack: `python -m benchmarks.attacks [PART OF A NAME…] [--write]`

A server runs in a process of its own, with all of its defaults but fewer workspaces, and a prober in another asks
`/_sandbox/health/live` every 5 ms on an open connection. For each attack the table shows the longest wait of the
prober, the most processor time that the server spent within one wait, which does not depend on what else the machine
does, and the memory at its highest and after the attack, beyond that before it. Exit code 1 if one is over a limit.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys

from benchmarks import latency
from benchmarks.attacks import page
from benchmarks.attacks.attacked import MB, Attack, Attacked, attacked, sampled
from benchmarks.attacks.connections import CONNECTIONS
from benchmarks.attacks.floods import FLOODS
from benchmarks.attacks.heads import HEADS
from benchmarks.attacks.state import STATE

ATTACKS: dict[str, Attack] = {**CONNECTIONS, **HEADS, **STATE, **FLOODS}
WAIT, MEMORY = 250.0, 256.0
"""Most milliseconds of the processor within one wait, and most MB at once beyond the memory before the attack."""


def main() -> int:
    """Print the table; exit code 1 if an attack is over a limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks")
    parser.add_argument("names", nargs="*", help="parts of the names of attacks")
    parser.add_argument("--write", action="store_true", help="write the table to docs/performance.md")
    options = parser.parse_args()
    chosen = [name for name in ATTACKS if not options.names or any(part in name for part in options.names)]
    rows = []
    print(page.HEAD, flush=True)
    with attacked() as server, latency.prober(server.port, server.process) as probe:
        for name in chosen:
            rows.append(asyncio.run(_row(server, probe, name, ATTACKS[name])))
            print(rows[-1], "" if _is_good(rows[-1]) else " over a limit", flush=True)
        alive = server.client.ask("GET", "/_sandbox/health/live")
    print(f"afterwards /_sandbox/health/live: {alive}")
    if options.write:
        page.write(rows)
    return 0 if alive == "200" and all(map(_is_good, rows)) else 1


def _is_good(row: page.Row) -> bool:
    return (row.processor or row.longest) <= WAIT and row.peak <= MEMORY


async def _row(server: Attacked, probe: subprocess.Popen[str], name: str, attack: Attack) -> page.Row:
    before = server.memory()
    latency._command(probe, "start")
    async with sampled(server):
        answer = await attack(server)
    longest, processor = latency._stop(probe)
    await server.close()
    peak, after = ((memory - before) / MB for memory in (server.peak, server.memory()))
    return page.Row(name=name, answer=answer, longest=longest, processor=processor, peak=peak, after=after)


if __name__ == "__main__":
    sys.exit(main())
