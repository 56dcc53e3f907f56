"""Look after a data file while no server runs: read all of it, print it, give room back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.errors import Damaged, Unusable
from sandbox.model import Resource
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.stored_states import StoredStates
from sandbox.store.durable.world_copy import WorldCopy
from sandbox.store.store import Store
from sandbox.store.written import render_entity

WORLD = "world"


def check_rows(file: DataFile) -> int:
    """Read everything, and return the number of rows. Raises Unusable with the first thing that is wrong."""
    damage = file.damage()
    if damage:
        raise Unusable(f"{file.path}: damaged ({damage[0]})")
    file.items()
    copied = 0 if file.copy is None else _count_copied(file.copy)
    return copied + sum(len(file.rows(state)) for state in file.states.values())


def _count_copied(copy: WorldCopy) -> int:
    try:
        return copy.count_rows()
    except Damaged as error:
        raise Unusable(error.reason) from error


def export_rows(file: DataFile) -> Iterator[dict[str, Any]]:
    """Return what each world contains now, entity by entity, and what is kept beside it. Raises Unusable."""
    states = StoredStates(file)
    for item in file.items():
        yield {"world": item.world, "part": item.part, "key": item.key, "value": item.value}
        if item.part == WORLD and item.state is not None:
            store = Store()
            store.resume(states.stored(item.state))
            for rows in store.rows().values():
                for row in rows.values():
                    attributes = render_entity(row.entity)
                    if isinstance(row.entity, Resource):
                        del attributes["values"]  # extracted from its text
                    yield {"world": item.world, **attributes}
