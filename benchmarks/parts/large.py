"""Large worlds, as `benchmarks.large` measures them."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figures import Figure, Run
from benchmarks.large import of_messages, of_starts


def figures(run: Run) -> Iterator[Figure]:
    yield from of_messages(5_000 if run.quick else 100_000)
    yield from of_starts(20 if run.quick else 1_000)
