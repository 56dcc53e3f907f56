"""A value of its own in every attribute of every kind is found at every place that the tables name, and at no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.server import Sandbox
from sandbox.store.states import State
from sandbox.worlds.attributes import AttributeTable, table_of
from sandbox.worlds.attributes.table import KINDS
from sandbox.worlds.difference.reading import Reader
from tests.rest.support import token_of
from tests.support import Client
from tests.worlds.attributes.doors import Doors
from tests.worlds.attributes.places import is_said, shows
from tests.worlds.attributes.samples import SAMPLES, Sample

DOORS = ("facade", "aggregated", "rest")


@dataclass(frozen=True)
class Bench:
    """A sandbox, and tokens of the Custom REST API by user type, which outlive what becomes of people's addresses."""

    pkb: Client
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A sandbox that shows on Aggregated whatever can show there, and takes what PKB has announced."""
    settings: dict[str, Any] = {"aggregated_all_mapped": True, "gp_roadmap": True, "nk1_roadmap": True}
    with Sandbox(port=0, **settings) as server:
        client = Client(server)
        yield Bench(client, {user_type: token_of(client, user_type) for user_type in ("PATIENT", "CLINICIAN")})
        client.http.close()


def left_by(pkb: Client, sample: Sample, table: AttributeTable) -> Any:
    """The entity that a sample left or changed; of a kind that none sends, the first of the world."""
    store = pkb.server.workspaces.default.store
    assert pkb.http.post("/_sandbox/reset", json={"reset": ["store"]}).status_code == 200
    before = {entity.id: entity for entity in store.all(table.entity)}
    sample.send(pkb)
    changed = [entity for entity in store.all(table.entity) if before.get(entity.id) is not entity]
    return changed[-1] if changed else next(store.all(table.entity))


def is_found(doors: Doors, path: str, place: str, value: Any, values: list[Any]) -> bool:
    """Whether an attribute's value, or an item of a list, is among the values at a place."""
    items = value if isinstance(value, tuple) else (value,)
    return any(shows(values, item, doors.others(item)) or is_said(path, place, item, values) for item in items)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "resource"])
def test_each_attribute_is_found_at_each_place(bench: Bench, kind: str):
    table = table_of(kind)
    missing = {
        (attribute.path, door, place)
        for attribute in table.attributes.values()
        for door in DOORS
        for place in getattr(attribute, door)
    }
    for sample in (sample for sample in SAMPLES if sample.kind == kind):
        entity = left_by(bench.pkb, sample, table)
        doors = Doors(bench.pkb, bench.tokens, table, entity)
        reader = Reader(table, State.of_store(bench.pkb.server.workspaces.default.store))
        for path, door, place in sorted(missing):
            values = reader.leaves(entity, table.attributes[path]).values()
            found = doors.values(door, place)
            for value in values:
                if is_found(doors, path, place, value, found):
                    missing.discard((path, door, place))
    assert not missing, "\n".join(map(str, sorted(missing)))
