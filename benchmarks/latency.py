"""How long other clients wait while one heavy request runs: `python -m benchmarks.latency [KIND…]`

A server runs in a process of its own, and a prober in another asks `/_sandbox/health/live` every 5 ms on an open
connection. For each kind of request, legal or hostile, the table shows the status, the duration, the longest wait, and
the most processor time that the server spent within one wait, which does not depend on what else the machine does.
The limits are on that processor time. Without arguments every kind runs; `--write` puts the legal ones of a run of
every kind into docs/performance.md. With `--data` the server keeps a data file.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.latency_client import Client
from benchmarks.latency_full import FULL
from benchmarks.latency_hostile import HOSTILE
from benchmarks.latency_legal import LEGAL
from benchmarks.page import PAGE

BEGIN, END = "<!-- waits: begin -->", "<!-- waits: end -->"
LIMITS = {"legal": 100.0, "hostile": 250.0}
"""Most milliseconds in which no other request is answered."""

IDLE = 0.5
"""Seconds of the measurement without a request, which shows what the machine itself adds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The outcome of one kind: durations in milliseconds."""

    kind: str
    name: str
    status: str
    took: float
    longest: float
    processor: float

    @property
    def is_good(self) -> bool:
        return (self.processor or self.longest) <= LIMITS[self.kind]

    def __str__(self) -> str:
        mark = "" if self.is_good else "  over the limit"
        figures = f"{self.took:9.0f} {self.longest:9.1f} {self.processor:9.1f}"
        return f"{self.kind:<8} {self.name:<54} {self.status:>11} {figures}{mark}"


def main() -> int:
    """Print the table; exit code 1 if a kind is over its limit."""
    chosen = [argument for argument in sys.argv[1:] if argument not in ("--write", "--data")]
    legal = {("legal", name): run for name, run in {**LEGAL, **FULL}.items()}
    kinds = {**legal, **{("hostile", name): run for name, run in HOSTILE.items()}}
    rows = []
    print(f"{'':<8} {'milliseconds':<54} {'status':>11} {'took':>9} {'longest':>9} {'processor':>9}", flush=True)
    with server() as (port, process), prober(port, process) as probe:
        client = Client(port)
        print(_idle(probe), flush=True)
        for (kind, name), prepare in kinds.items():
            if chosen and not any(part.lower() in name.lower() for part in chosen):
                continue
            act = prepare(client)
            _command(probe, "start")
            start = time.perf_counter()
            status = act()
            took = (time.perf_counter() - start) * 1000
            longest, processor = _stop(probe)
            row = Row(kind=kind, name=name, status=status, took=took, longest=longest, processor=processor)
            rows.append(row)
            print(row, flush=True)
    bad = [row for row in rows if not row.is_good]
    worst = {kind: [row.processor or row.longest for row in rows if row.kind == kind] for kind in LIMITS}
    for kind, waits in worst.items():
        if waits:
            print(f"{kind}: at most {max(waits):.0f} ms, median {statistics.median(waits):.0f} ms ({LIMITS[kind]:g})")
    if "--write" in sys.argv and not chosen:
        _write([row for row in rows if row.kind == "legal"])
    return 1 if bad else 0


def _write(rows: list[Row]) -> None:
    """Put the table into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    lines = [f"| {row.name} | {row.status} | {row.took:.0f} | {row.processor:.0f} |" for row in rows]
    table = "\n".join(
        ["| request | status | took, ms | longest wait, ms of the processor |", "|---|---|---|---|", *lines]
    )
    PAGE.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def _idle(probe: subprocess.Popen[str]) -> str:
    _command(probe, "start")
    time.sleep(IDLE)
    longest, processor = _stop(probe)
    return f"{'':<8} {'no other request':<54} {'':>11} {IDLE * 1000:9.0f} {longest:9.1f} {processor:9.1f}"


def _command(probe: subprocess.Popen[str], word: str) -> None:
    assert probe.stdin is not None
    probe.stdin.write(f"{word}\n")
    probe.stdin.flush()


def _stop(probe: subprocess.Popen[str]) -> tuple[float, float]:
    _command(probe, "stop")
    assert probe.stdout is not None
    longest, processor = probe.stdout.readline().split()
    return float(longest), float(processor)


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """Start a sandbox; yield its port and process id."""
    with TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--ready-file", str(ready)]
        if "--data" in sys.argv:
            command += ["--data", str(Path(folder) / "team.db")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while process.poll() is None and not (ready.is_file() and ready.read_text(encoding="utf-8")):
                time.sleep(0.1)
            yield int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2]), process.pid
        finally:
            process.terminate()
            process.wait()


@contextmanager
def prober(port: int, process: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.latency_prober", str(port), str(process)]
    probe = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield probe
    finally:
        probe.kill()
        probe.wait()


if __name__ == "__main__":
    sys.exit(main())
