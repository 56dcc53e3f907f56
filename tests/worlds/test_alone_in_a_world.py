"""Who waits while one task changes a world alone."""

from __future__ import annotations

import asyncio

from sandbox.worlds.in_flight import InFlight


async def _is_paused(world: InFlight) -> bool:
    return world.is_paused


async def _states() -> list[bool]:
    """Whether this task, and another one, are paused: before, during and after a change by this task."""
    world, states = InFlight(), []
    for is_changing in (False, True, False):
        if is_changing:
            async with world.alone():
                states += [world.is_paused, await asyncio.create_task(_is_paused(world))]
        else:
            states += [world.is_paused, await asyncio.create_task(_is_paused(world))]
    return states


def test_others_are_paused_while_a_task_changes_the_world_and_it_is_not_itself():
    assert asyncio.run(_states()) == [False, False, False, True, False, False]


async def _order() -> list[str]:
    world, order = InFlight(), []

    async def change(name: str) -> None:
        async with world.alone():
            order.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(f"{name} ends")

    async def read() -> None:
        await world.resumed()
        order.append("read")

    await asyncio.gather(change("first"), read(), change("second"))
    return order


def test_changes_follow_each_other_and_a_reader_waits_for_them():
    order = asyncio.run(_order())
    assert [name for name in order if name != "read"] == ["first begins", "first ends", "second begins", "second ends"]
    assert order.index("read") not in (0, 1)
