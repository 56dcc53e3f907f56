"""Changes that wait in the indexes of a world are sorted in before it is read, while others are answered."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.fhir.search.deferred import DeferredValues
from sandbox.model import Appointment, Patient, Resource
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.store.layered import FEW
from sandbox.worlds import settling, slices
from sandbox.worlds.settling import read_ahead, settle
from sandbox.worlds.slices import LARGE
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


def stored(number: int, size: int) -> Resource:
    text = json.dumps({"resourceType": "Basic", "id": f"b{number}", "code": {"text": "x" * size}})
    at = datetime(2026, 3, 10, tzinfo=UTC)
    return Resource(
        endpoint="e",
        type="Basic",
        logical_id=f"b{number}",
        version=1,
        created_at=at,
        updated_at=at,
        method="PUT",
        text=text,
        values=DeferredValues("r4", text, {}),
    )


SIZES = {"one large resource": [LARGE], "several that are large together": [LARGE // 4] * 5}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_the_values_of_large_resources_are_extracted_in_a_thread(sizes: list[int]):
    resources = [stored(number, size) for number, size in enumerate(sizes)]
    threads = set()

    class Noting(DeferredValues):
        def __len__(self) -> int:
            threads.add(threading.current_thread())
            return super().__len__()

    noting = [replace(resource, values=Noting("r4", resource.text, {})) for resource in resources]
    asyncio.run(read_ahead(noting))
    assert [resource.unread for resource in noting] == [0] * len(noting)
    assert threading.main_thread() not in threads
    asyncio.run(read_ahead(noting))


def test_small_resources_are_extracted_when_they_are_sorted_in():
    resource = stored(1, 10)
    asyncio.run(read_ahead([resource, replace(resource, values={})]))
    assert resource.unread == len(resource.text)


@pytest.mark.parametrize("is_shared", [False, True])
def test_the_changes_that_are_sorted_in_next_are_known_before(is_shared: bool):
    store = Store()
    for number in range(FEW + 10):
        store.put(stored(number, 10))
    if is_shared:
        snapshot = store.snapshot()
        store = Store()
        store.restore(snapshot)
    assert [resource.logical_id for resource in store.first_waiting(Resource, 2, ("e", "Basic"))] == ["b0", "b1"]
    assert store.first_waiting(Resource, 2, ("e", "Patient")) == []
    assert len(store.first_waiting(Resource, 2 * FEW)) == FEW + 10
    while store.settle(Resource, FEW):
        pass
    assert store.first_waiting(Resource, 20) == []
