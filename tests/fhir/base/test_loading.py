"""The models of resource types are loaded before their first resource is checked."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest

from sandbox.fhir.base.loading import entries_of, load

SUBSTANCE = {"resourceType": "SupplyRequest"}
MODEL = "fhir.resources.R4B.supplyrequest"


def test_a_model_is_loaded_while_others_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.fhir.base.loading._loaded", set())
    turns = []

    async def others() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def run() -> None:
        running = asyncio.ensure_future(others())
        await load("r4", ({**SUBSTANCE, "quantity": "not one"}, SUBSTANCE))
        running.cancel()

    asyncio.run(run())
    assert MODEL in sys.modules
    assert turns


@pytest.mark.parametrize("resource", [None, [], "x", {}, {"resourceType": 5}, {"resourceType": "Poem"}])
def test_nothing_is_loaded_for_what_is_no_resource(resource: Any) -> None:
    waiting = load("r4", [resource])
    with pytest.raises(StopIteration):
        waiting.send(None)


ENTRIES: tuple[tuple[Any, list[Any]], ...] = (
    ({"entry": [{"resource": SUBSTANCE}, {"request": {}}, 5]}, [SUBSTANCE, None]),
    ({"entry": {"resource": SUBSTANCE}}, []),
    ({}, []),
    ([], []),
)


@pytest.mark.parametrize(("bundle", "resources"), ENTRIES)
def test_the_entries_of_any_bundle_are_listed(bundle: Any, resources: list[Any]) -> None:
    assert list(entries_of(bundle)) == resources
