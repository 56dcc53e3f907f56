"""When a step is judged: at the very second at which its time is over, or its quiet while."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.conformance import cast
from sandbox.conformance.profile import Step, profiles
from sandbox.conformance.run import MOST_ARRIVALS, Limits, Run
from sandbox.settings import Settings
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

ONCE: dict[str, Any] = {"api": "facade", "text": "a call"}
CALLED = {"rule": "came", "of": {"api": "facade"}}


class Stage:
    """A run of steps in a world of its own, with a clock that the test sets."""

    def __init__(self, *steps: Step) -> None:
        self.world = Workspace("mine", Settings(clock="2026-03-10T12:00:00Z"))
        self.seconds = 100.0
        company = cast.choose_cast(self.world, profiles()["appointments"], None)
        self.client = company.credential.id
        limits = Limits(timeout=10, settle=3)
        self.run = Run(self.world, profiles()["appointments"], company, steps, limits, "", lambda: self.seconds)

    def call(self, count: int = 1, **parts: Any) -> None:
        for _ in range(count):
            row = {"api": "facade", "method": "GET", "path": "/fhir", "status": 200, "client": self.client, **parts}
            number = len(self.world.exchanges)
            self.world.exchanges.add(Exchange(id=f"e{number}", at=datetime(2026, 3, 10, tzinfo=UTC), **row))

    def state_after(self, seconds: float) -> list[str]:
        self.seconds += seconds
        self.run.advance()
        return [progress.state for progress in self.run.progress]


def step(**parts: Any) -> Step:
    return Step(name="a", title="A", do="", waits=(ONCE,), judge=(CALLED,), **parts)


@pytest.mark.parametrize(
    ("seconds", "states"), [(9.9, ["running", "waiting"]), (10, ["failed", "skipped"]), (11, ["failed", "skipped"])]
)
def test_without_a_single_call_the_run_is_over_at_the_time_out(seconds: float, states: list[str]):
    assert Stage(step(), step()).state_after(seconds) == states


def test_after_other_calls_the_next_step_begins_at_the_time_out():
    stage = Stage(step(), step())
    stage.call(api="rest")
    assert stage.state_after(10) == ["failed", "running"]
    stage.call()
    assert stage.state_after(0) == ["failed", "passed"]
    assert stage.run.state == "failed"


@pytest.mark.parametrize(("seconds", "state"), [(2.9, "running"), (3, "passed"), (4, "passed")])
def test_a_step_about_silence_is_judged_after_a_quiet_while(seconds: float, state: str):
    stage = Stage(step(settles=True))
    stage.call()
    assert stage.state_after(seconds) == [state]


def test_any_other_step_is_judged_at_once():
    stage = Stage(step())
    stage.call()
    assert stage.state_after(0) == ["passed"]
    assert stage.run.state == "passed"
    assert stage.run.current is None


@pytest.mark.parametrize(("least", "calls", "state"), [(2, 1, "running"), (2, 2, "passed"), (1, 1, "passed")])
def test_a_step_waits_for_a_number_of_calls(least: int, calls: int, state: str):
    stage = Stage(replace(step(), waits=({**ONCE, "at_least": least},)))
    stage.call(calls)
    assert stage.state_after(0) == [state]


@pytest.mark.parametrize(
    ("client", "is_counted"), [(None, True), ("", True), ("another", False)], ids=["own", "nobody", "another"]
)
def test_calls_of_the_client_and_of_nobody_count(client: str | None, is_counted: bool):
    stage = Stage(step())
    stage.call(client=stage.client if client is None else client)
    assert len(stage.run.progress[0].arrivals) == is_counted


def test_so_many_calls_of_a_step_are_kept():
    stage = Stage(step())
    stage.call(MOST_ARRIVALS + 1)
    assert len(stage.run.progress[0].arrivals) == MOST_ARRIVALS


def test_a_run_that_is_ended_has_ended_its_step():
    stage = Stage(step())
    stage.run.end()
    assert (stage.run.state, stage.state_after(0)) == ("ended", ["skipped"])
