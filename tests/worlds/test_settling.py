"""Changes that wait in the indexes of a world are sorted in before it is read, while others are answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from sandbox.model import Appointment, Patient
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.worlds import settling, slices
from sandbox.worlds.settling import settle
from sandbox.worlds.workspaces import Workspaces

MANY = 40


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A world with patients that are not in its indexes yet, and slices of one change each."""
    monkeypatch.setattr(slices, "SLICE", -1.0)
    monkeypatch.setattr(settling, "AT_ONCE", 1)
    store = Workspaces(Settings()).default.store
    patient = next(store.all(Patient))
    for number in range(MANY):
        store.put(replace(patient, id=f"waiting-{number}", legacy_id=3_000_000 + number))
    return store


def pauses_of(store: Store, *kinds: type) -> int:
    """How often something else runs while a world is settled."""

    async def main() -> int:
        settling_all = asyncio.create_task(settle(store, kinds or None))
        turns = 0
        while not settling_all.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    return asyncio.run(main())


@pytest.mark.parametrize("kinds", [(), (Patient,)], ids=["all kinds", "one kind"])
def test_other_tasks_run_between_the_changes_that_are_sorted_in(world: Store, kinds: tuple[type, ...]):
    assert pauses_of(world, *kinds) > MANY
    assert pauses_of(world, Patient) < MANY, "nothing is left to sort in"
    assert list(world.ids(Patient, "legacy_id", 3_000_000)) == ["waiting-0"]


def test_a_kind_that_is_not_named_goes_on_waiting(world: Store):
    pauses_of(world, Appointment)
    assert pauses_of(world, Patient) > MANY


def test_only_the_indexes_that_are_named_are_settled(world: Store):
    asyncio.run(settle(world, (Patient,), indexes={"number"}))
    assert list(world.ids(Patient, "legacy_id", 3_000_000)) == ["waiting-0"]
    assert pauses_of(world, Patient) > MANY
