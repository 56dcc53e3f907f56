"""A run of a profile in a workspace: one step after another is staged, awaited and judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.conformance.acts import perform
from sandbox.conformance.arrivals import ArrivedExchange, meets
from sandbox.conformance.cast import Cast
from sandbox.conformance.evidence import Evidence, Judgement, judged, listed
from sandbox.conformance.judgements import judge
from sandbox.conformance.profile import IntegrationProfile, Json, Step
from sandbox.conformance.stages import Stage
from sandbox.errors import SandboxError
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

WAITING, RUNNING, PASSED, FAILED, SKIPPED = "waiting", "running", "passed", "failed", "skipped"
ENDED = "ended"
"""States of steps; a run is `running`, `passed`, `failed`, or `ended` before its last step."""
IN_TIME, STAGED = "conformance.in-time", "conformance.staged"
MOST_ARRIVALS = 500
"""Exchanges of a step that are kept; a client that sends more is judged by the first of them."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a step has come. Times are in seconds of a clock that nobody can set."""

    step: Step
    state: str = WAITING
    began_at: float = 0.0
    ended_at: float = 0.0
    satisfied_at: float | None = None
    arrivals: list[ArrivedExchange] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    is_midway_done: bool = False
    trouble: str = ""
    """Why an act could not be performed."""
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`timeout` is how many seconds a step may take. `settle` is how many seconds after its last awaited request a step
    is judged that is about requests which must not come.
    """

    timeout: float
    settle: float


class Run:
    """One run. It has no task of its own: each look at it calls `advance`, which judges the step that is complete."""

    def __init__(
        self,
        workspace: Workspace,
        profile: IntegrationProfile,
        cast: Cast,
        steps: tuple[Step, ...],
        limits: Limits,
        address: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.profile = profile
        self.cast = cast
        self.limits = limits
        self.address = address
        self.is_ended = False
        self.progress = tuple(Progress(step=step, counts=[0] * len(step.waits)) for step in steps)
        self._workspace = workspace
        self._now = now
        self._position = 0
        self._stage = Stage(workspace=workspace, cast=cast)
        self._remove = workspace.exchanges.kept.add(self._hear)
        self._begin()

    @property
    def current(self) -> Progress | None:
        """The step in progress; None at the end."""
        is_over = self.is_ended or self._position >= len(self.progress)
        return None if is_over else self.progress[self._position]

    @property
    def state(self) -> str:
        if self.current is not None:
            return RUNNING
        if self.is_ended:
            return ENDED
        return PASSED if all(progress.state == PASSED for progress in self.progress) else FAILED

    def advance(self) -> None:
        """Judge the current step if what it waits for has come, or its time is over, and begin the next one."""
        current, now = self.current, self._now()
        if current is None:
            return
        if current.trouble:
            self._finish(current, (judged(STAGED, "the stage of the step", current.trouble, passed=False),))
        elif current.satisfied_at is not None:
            if not current.step.settles or now >= current.satisfied_at + self.limits.settle:
                self._judge(current)
        elif now >= current.began_at + self.limits.timeout:
            self._time_out(current)

    def end(self) -> None:
        """End the run, and take everything back that it staged."""
        if self.current is not None:
            self.current.state = SKIPPED
            self.is_ended = True
        self._stage.clear()
        self._remove()

    def _begin(self) -> None:
        """Stage the step at the position; without one, the run is over."""
        current = self.current
        if current is None:
            self.end()
            return
        self._stage = Stage(workspace=self._workspace, cast=self.cast)
        self._perform(current, current.step.stage)
        current.state, current.began_at = RUNNING, self._now()

    def _perform(self, current: Progress, acts: tuple[Json, ...]) -> None:
        """Perform acts. An error is noted: it may come up in a request of the client, which must not fail."""
        try:
            for act in acts:
                perform(self._stage, act)
        except SandboxError as error:
            current.trouble = error.text

    def _hear(self, exchange: Exchange) -> None:
        """Note an exchange, perform the acts that follow it, and check whether the step has everything it waits for."""
        current = self.current
        # A refused caller may be nobody.
        is_of_client = exchange.client in (self.cast.credential.id, "")
        if current is None or not is_of_client or len(current.arrivals) >= MOST_ARRIVALS:
            return
        current.arrivals.append(ArrivedExchange(exchange, self._now()))
        step = current.step
        if step.after is not None and not current.is_midway_done and meets(exchange, step.after, self._stage.faults):
            current.is_midway_done = True
            self._perform(current, step.midway)
        for number, wait in enumerate(step.waits):
            current.counts[number] += meets(exchange, wait, self._stage.faults)
        if current.satisfied_at is None and not _missing(current):
            current.satisfied_at = self._now()

    def _evidence(self, current: Progress) -> Evidence:
        return Evidence(
            workspace=self._workspace,
            cast=self.cast,
            arrivals=tuple(current.arrivals),
            faults=frozenset(self._stage.faults),
        )

    def _judge(self, current: Progress) -> None:
        self._perform(current, current.step.then)
        evidence = self._evidence(current)
        self._finish(current, tuple(judge(evidence, row) for row in current.step.judge))

    def _time_out(self, current: Progress) -> None:
        arrivals, missing = current.arrivals, "; ".join(_missing(current))
        actual = f"{self.limits.timeout:g} s passed without it; what came: {listed(arrivals)}"
        # Without a single request nobody is at work, and the remaining steps would each wait in vain.
        is_abandoned = not arrivals
        self._finish(current, (judged(IN_TIME, missing, actual, arrivals, passed=False),), is_abandoned=is_abandoned)

    def _finish(self, current: Progress, judgements: tuple[Judgement, ...], *, is_abandoned: bool = False) -> None:
        """Record the verdict, clear the stage and begin the next step."""
        current.judgements, current.ended_at = judgements, self._now()
        current.state = PASSED if all(judgement.passed for judgement in judgements) else FAILED
        current.arrivals.clear()  # the journal is bounded, and a run must not keep what it drops
        self._stage.clear()
        self._position += 1
        if is_abandoned:
            for progress in self.progress[self._position :]:
                progress.state = SKIPPED
            self._position = len(self.progress)
        self._begin()


def _missing(progress: Progress) -> list[str]:
    """Return the texts of the waits that are not satisfied."""
    pairs = zip(progress.step.waits, progress.counts, strict=True)
    return [wait["text"] for wait, count in pairs if count < wait.get("at_least", 1)]
