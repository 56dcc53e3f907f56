"""A running sandbox to try samples at, and what a sample leaves there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.server import SandboxServer
from sandbox.worlds.attributes.table import AttributeTable
from tests.rest.support import token_of
from tests.support import Client
from tests.worlds.attributes.samples import Sample


@dataclass(frozen=True)
class Bench:
    """A sandbox, and tokens of the Custom REST API by user type, which outlive what becomes of people's addresses."""

    pkb: Client
    tokens: dict[str, str]


def started() -> Iterator[Bench]:
    """A sandbox that shows on Aggregated whatever can show there, and takes what PKB has announced."""
    settings: dict[str, Any] = {"aggregated_all_mapped": True, "gp_roadmap": True, "nk1_roadmap": True}
    with SandboxServer(port=0, **settings) as server:
        client = Client(server)
        yield Bench(client, {user_type: token_of(client, user_type) for user_type in ("PATIENT", "CLINICIAN")})
        client.http.close()


def left_by(pkb: Client, sample: Sample, table: AttributeTable) -> Any:
    """The entity that a sample left or changed."""
    return change_by(pkb, sample, table)[1]


def change_by(pkb: Client, sample: Sample, table: AttributeTable) -> tuple[Any, Any]:
    """An entity before and after a sample; of a kind that none sends, the first of the world."""
    store = pkb.server.workspaces.default.store
    assert pkb.http.post("/_sandbox/reset", json={"reset": ["store"]}).status_code == 200
    before = {entity.id: entity for entity in store.all(table.entity)}
    sample.send(pkb)
    changed = [entity for entity in store.all(table.entity) if before.get(entity.id) is not entity]
    entity = changed[-1] if changed else next(store.all(table.entity))
    return before.get(entity.id), entity
