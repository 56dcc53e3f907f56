"""States of a store that can be read and compared: snapshots and the current state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from sandbox.store.layered import differing
from sandbox.store.schema import TABLES
from sandbox.store.store import Change, Store
from sandbox.store.tables import Rows
from sandbox.store.tables_by_kind import Snapshot

E = TypeVar("E")


class State:
    """The entities of one state, read-only. That of a store is valid until the next write, a snapshot always."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self._rows = rows

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> State:
        return cls({name: rows for name, (rows, _) in snapshot.items()})

    @classmethod
    def of_store(cls, store: Store) -> State:
        return cls(store.rows())

    def find_one(self, kind: type[E], id_: str | None) -> E | None:
        """Return the entity with an id, or None."""
        row = self._rows[TABLES[kind][0]].get(id_) if id_ is not None else None
        return None if row is None else row.entity

    def changes(self, later: State, kind: type) -> Iterator[Change]:
        """Return the entities of a kind that differ in a later state, before and after.

        Shared tables and rows are recognised by identity, so that unchanged rows are not compared.
        """
        name = TABLES[kind][0]
        before, after = self._rows[name], later._rows[name]
        if before is after:
            return
        for id_ in differing(before, after):
            row, other = before.get(id_), after.get(id_)
            pair = None if row is None else row.entity, None if other is None else other.entity
            # A new row may hold an equal entity: a rolled-back change stores one.
            if pair[0] != pair[1]:
                yield pair
