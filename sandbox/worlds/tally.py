"""The counters behind the metrics: exchanges by API, operation and outcome, durations, and exchanges changed by faults.

It counts for the whole server and never forgets, so that a world that is deleted takes nothing away.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable

from sandbox.worlds.exchange import Exchange

IsKnown = Callable[[str, str], bool]
"""Returns whether an API has an operation with a name; others are counted together."""
OTHER = "other"
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper ends of the ranges in which durations are counted."""


class Durations:
    """Numbers of exchanges by duration: one for each range of BOUNDS, one for longer ones, and the total seconds."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds


class Tally:
    """The counts. Names of operations that a client invents have no place in them: their number is bounded."""

    def __init__(self, is_known: IsKnown = lambda api, operation: False) -> None:
        self._is_known = is_known
        self.requests: dict[tuple[str, str, str], int] = {}
        self.durations: defaultdict[str, Durations] = defaultdict(Durations)
        self.faults: Counter[str] = Counter()

    def add(self, exchange: Exchange) -> None:
        """Count an exchange; called for every request, so it does little."""
        api = exchange.api
        key = (api, exchange.operation, exchange.outcome)
        if key in self.requests:
            self.requests[key] += 1
        else:
            self._add_other(key)
        self.durations[api].add(exchange.ms / 1000)
        if exchange.fault:
            self.faults[api] += 1

    def _add_other(self, key: tuple[str, str, str]) -> None:
        """Count the first exchange of its kind, or of an operation that a client invented."""
        api, operation, outcome = key
        counted = key if self._is_known(api, operation) else (api, OTHER, outcome)
        self.requests[counted] = self.requests.get(counted, 0) + 1
