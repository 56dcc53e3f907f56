"""Work in turns with the loop: plain functions that let others run at places that they name."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from itertools import pairwise

import pytest

from sandbox.base.pauses import pause_here, with_pauses
from sandbox.worlds import slices
from sandbox.worlds.slices import Work, paused
from sandbox.worlds.turns import in_turns

PLACES = 10
CALLER: ContextVar[str] = ContextVar("CALLER", default="nobody")


@pytest.fixture(autouse=True)
def smallest_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place ends a turn, so that the count of turns does not depend on the machine."""
    monkeypatch.setattr(slices, "SLICE", -1.0)


async def counted(log: list[str]) -> int:
    """The number of turns that another task has while work appends to a log."""

    def work() -> None:
        for number in with_pauses(range(PLACES)):
            log.append(f"work {number}")

    working = asyncio.create_task(in_turns(work))
    turns = 0
    while not working.done():
        log.append("other")
        turns += 1
        await asyncio.sleep(0)
    await working
    return turns


def test_others_run_at_each_place_and_never_at_the_same_time():
    log: list[str] = []
    assert asyncio.run(counted(log)) > PLACES
    assert [entry for entry in log if entry != "other"] == [f"work {number}" for number in range(PLACES)]
    assert not any(before.startswith("work") and after.startswith("work") for before, after in pairwise(log))


def test_work_that_is_not_over_its_slice_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slices, "SLICE", 1000.0)
    log: list[str] = []
    assert asyncio.run(counted(log)) <= 2


def test_nothing_pauses_where_nobody_takes_turns():
    pause_here()
    assert list(with_pauses("ab")) == ["a", "b"]


def test_work_returns_its_result_and_knows_the_caller():
    def work() -> Work[str]:
        yield
        return CALLER.get()

    async def main() -> str:
        CALLER.set("somebody")
        return await in_turns(lambda: paused(work()))

    assert asyncio.run(main()) == "somebody"


def test_an_error_of_the_work_is_the_callers():
    def work() -> None:
        pause_here()
        raise ValueError("in the work")

    with pytest.raises(ValueError, match="in the work"):
        asyncio.run(in_turns(work))


def test_the_end_of_a_request_ends_its_work_at_the_next_place():
    log: list[str] = []

    def work() -> None:
        try:
            for number in with_pauses(range(PLACES)):
                log.append(f"work {number}")
        finally:
            pause_here()
            log.append("never")

    async def main() -> None:
        working = asyncio.create_task(in_turns(work))
        while "work 2" not in log:
            await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(main())
    assert log == ["work 0", "work 1", "work 2"]
