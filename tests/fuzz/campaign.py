"""Fuzz one target for a time: examples of its strategy, and mutations of what it has read so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz import corpus
from tests.fuzz.mutations import mutated
from tests.fuzz.reach import Line, traced
from tests.fuzz.shrinking import smaller
from tests.fuzz.target import Outcome, Target, execute

EXAMPLES, MUTATIONS = 50, 500
"""Inputs of each kind in one round."""
TRACED = 10
"""An input in so many is traced for the lines that it reaches."""


@dataclass(slots=True)
class Campaign:
    """The state of one target. `pool` are inputs with outcomes or lines of their own, `findings` what fell: description
    → input.
    """

    target: Target
    random: Random
    executions: int = 0
    pool: list[bytes] = field(default_factory=list)
    findings: dict[str, bytes] = field(default_factory=dict)
    _kinds: set[str] = field(default_factory=set)
    _lines: set[Line] = field(default_factory=set)
    _kept: int = 0

    @property
    def new(self) -> int:
        """Number of inputs in the pool that the corpus does not have."""
        return len(self.pool) - self._kept

    def start(self, *, traces: bool = True) -> None:
        """Run every kept input."""
        for data in corpus.inputs(self.target).values():
            self.attempt(data, traces=traces)
            self.pool.append(data)
        self.pool = list(dict.fromkeys(self.pool))
        self._kept = len(self.pool)

    def attempt(self, data: bytes, *, traces: bool = False) -> None:
        """Run an input, and keep it in the pool if it shows anything new."""
        self.executions += 1
        outcome, lines = traced(self.target, data) if traces else (execute(self.target, data), set())
        if outcome.finding:
            self._note(data, outcome)
        elif outcome.kind not in self._kinds or not lines <= self._lines:
            self._kinds.add(outcome.kind)
            self._lines |= lines
            self.pool.append(data)

    def _note(self, data: bytes, outcome: Outcome) -> None:
        if outcome.finding not in self.findings:
            self.findings[outcome.finding] = smaller(self.target, data, outcome)

    def examples(self, number: int, round_: int, *, traces: bool = True) -> None:
        """Run examples of the strategy, the same for the same seed."""

        @seed(self.random.randrange(2**32) + round_)
        @settings(max_examples=number, database=None, deadline=None, phases=[Phase.generate], derandomize=False,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(data=self.target.strategy)
        def run(data: bytes) -> None:
            self.attempt(data, traces=traces and self.random.randrange(TRACED) == 0)

        run()

    def mutations(self, number: int, is_over: Callable[[], bool] = lambda: False, *, traces: bool = True) -> None:
        """Run mutations of the pool."""
        for _ in range(number):
            if is_over():
                return
            base = self.random.choice(self.pool) if self.pool else b""
            data = mutated(base, self.random, self.target.words, self.pool)
            self.attempt(data, traces=traces and self.random.randrange(TRACED) == 0)


def fuzz(target: Target, seconds: float, seed_: int, progress: Callable[[Campaign], None]) -> Campaign:
    """Fuzz a target for some seconds; `progress` is called after each round."""
    campaign = Campaign(target, Random(f"{seed_} {target.name}"))
    end = time.monotonic() + seconds
    campaign.start()
    round_ = 0
    while time.monotonic() < end:
        campaign.examples(EXAMPLES, round_)
        campaign.mutations(MUTATIONS, lambda: time.monotonic() >= end)
        round_ += 1
        progress(campaign)
    return campaign
