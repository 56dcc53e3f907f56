"""The processor time of the application alone, without sockets, as `benchmarks.in_process` measures it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, Run
from benchmarks.in_process import LIMITS, ROOT, Worker, least_seconds

PART = "Processor time of the application, without sockets"
ROUNDS, QUICK_ROUNDS = 40, 8
REFERENCE = "facade read"


def figures(run: Run) -> Iterator[Figure]:
    """Each kind of request against the least one: what it costs, whatever the machine."""
    worker = Worker(ROOT)
    try:
        seconds = least_seconds([worker], list(LIMITS), QUICK_ROUNDS if run.quick else ROUNDS)[0]
    finally:
        worker.stop()
    for name in LIMITS:
        if name != REFERENCE:
            ratio, detail = seconds[name] / seconds[REFERENCE], f"{seconds[name] * 1e6:.0f} µs"
            yield Figure(part=PART, name=name, ratio=ratio, against=f"a {REFERENCE}", detail=detail)
