"""Long work waits while connections are accepted one in a turn, and not for ever."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.worlds.loop_turns import PUT_OFF, LoopTurns


async def _accepted_before(connections: int, *, is_long: bool) -> int:
    """Accept a connection in each turn; return how many of them came before some work went on."""
    turns, accepted = LoopTurns(asyncio.get_running_loop()), 0

    async def accept() -> None:
        nonlocal accepted
        for _ in range(connections):
            turns.accepted()
            accepted += 1
            await asyncio.sleep(0)

    accepting = asyncio.create_task(accept())
    await asyncio.sleep(0)
    await turns.mine(60, is_long=is_long)
    before = accepted
    await accepting
    return before


@pytest.mark.parametrize(
    ("connections", "is_long", "fewest", "most"),
    [(0, True, 0, 0), (1, True, 1, 1), (20, True, 20, 20), (1000, True, PUT_OFF, PUT_OFF + 5), (1000, False, 1, 1)],
)
def test_long_work_goes_on_after_connections_that_wait_or_after_some_turns(
    connections: int, is_long: bool, fewest: int, most: int
):
    assert fewest <= asyncio.run(_accepted_before(connections, is_long=is_long)) <= most


def test_long_work_goes_on_in_turns_while_connections_never_end():
    async def slices_done() -> int:
        turns, slices = LoopTurns(asyncio.get_running_loop()), 0

        async def work() -> None:
            nonlocal slices
            while True:
                await turns.mine(60, is_long=True)
                slices += 1
                await asyncio.sleep(0)

        working = asyncio.create_task(work())
        for _ in range(PUT_OFF * 10):
            turns.accepted()
            await asyncio.sleep(0)
        working.cancel()
        return slices

    assert 5 <= asyncio.run(slices_done()) <= 25
