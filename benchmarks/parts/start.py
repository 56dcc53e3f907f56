"""Start and weight, as `benchmarks.startup` measures them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, Run
from benchmarks.startup import LIMITS, ratios_of, start_bare, start_sandbox

PART = "Start and weight"
RUNS, QUICK_RUNS = 10, 3


def figures(run: Run) -> Iterator[Figure]:
    start_sandbox(), start_bare()  # for their byte code
    sandbox, bare = [], []
    for _ in range(QUICK_RUNS if run.quick else RUNS):
        sandbox.append(start_sandbox())
        bare.append(start_bare())
    for name, ratio in ratios_of(sandbox, bare).items():
        yield Figure(part=PART, name=name, ratio=ratio, against="bare Starlette", goal=LIMITS[name], at_most=True)
