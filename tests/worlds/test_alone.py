"""A change in slices: until it is over no other request of its world begins or goes on."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.worlds.in_flight import InFlight, WorldChanged


async def steps(log: list[str], name: str, number: int) -> str:
    for step in range(number):
        log.append(f"{name}{step}")
        await asyncio.sleep(0)
    return name


async def change(in_flight: InFlight, log: list[str], name: str, number: int = 5) -> str:
    async with in_flight.alone():
        return await steps(log, name, number)


def run(*names: str) -> list[str]:
    """The steps of several requests that begin at once: changes have capital letters."""

    async def main() -> None:
        in_flight = InFlight()
        acts = [change(in_flight, log, name) if name.isupper() else steps(log, name, 5) for name in names]
        answers = await asyncio.gather(*(in_flight.finish(act, writes=True) for act in acts))
        assert answers == [*names]

    log: list[str] = []
    asyncio.run(main())
    return log


def test_a_change_is_not_interrupted_by_a_request_that_waits_meanwhile():
    assert "".join(run("a", "B")) == "a0B0B1B2B3B4a1a2a3a4"


def test_two_changes_come_one_after_the_other():
    assert "".join(run("A", "B")) == "A0A1A2A3A4B0B1B2B3B4"


def test_requests_without_a_change_take_turns():
    assert "".join(run("a", "b"))[:8] == "a0b0a1b1"


def test_a_request_that_is_ended_while_it_is_paused_goes_no_further():
    async def main() -> None:
        in_flight = InFlight()
        reader = asyncio.create_task(in_flight.finish(steps(log, "a", 5), writes=False))
        writer = asyncio.create_task(in_flight.finish(change(in_flight, log, "B", 20), writes=False))
        for _ in range(5):
            await asyncio.sleep(0)
        in_flight.end("deleted", readers=True)
        for task in (reader, writer):
            with pytest.raises(WorldChanged, match="was deleted"):
                await task
        assert not in_flight.is_paused
        assert not in_flight

    log: list[str] = []
    asyncio.run(main())
    assert log[0] == "a0"
    assert "a1" not in log


def test_an_error_after_a_pause_reaches_the_caller():
    async def failing() -> None:
        await asyncio.sleep(0)
        raise ValueError("after a pause")

    with pytest.raises(ValueError, match="after a pause"):
        asyncio.run(InFlight().finish(failing(), writes=False))
