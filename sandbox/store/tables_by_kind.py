"""The tables of a store, each created on first use: an unused world costs nothing."""

from __future__ import annotations

from typing import Any

from sandbox.store.durable.states import FileState
from sandbox.store.indexes import Index, OrderedIndex
from sandbox.store.schema import ORDERS, PARTITIONS, TABLES
from sandbox.store.tables import EntityTable, Rows, RowStorage
from sandbox.store.waiting import WHOLE

TableState = tuple[Rows, dict[str, Any]]
"""The rows of a table, and the entries of its indexes by name."""


class Snapshot(dict[str, TableState]):
    """Name of a table → its state: references to rows and indexes that never change.

    `state` is its state in the data file, if it is kept there.
    """

    state: FileState | None = None


NOTHING: TableState = ({}, {})
EMPTY = Snapshot({name: NOTHING for name, _ in TABLES.values()})
"""The state of an empty store."""


class TablesByKind(dict[type, EntityTable]):
    """The tables in use. `unread` is the state of the others."""

    def __init__(self, storage: RowStorage) -> None:
        super().__init__()
        self.unread = EMPTY
        self._storage = storage

    def __missing__(self, kind: type) -> EntityTable:
        name, keys_by_index = TABLES[kind]
        partition = PARTITIONS.get(kind, WHOLE)
        indexes = [Index(index, keys, partition) for index, keys in keys_by_index.items()]
        orders = [OrderedIndex(order, places, partition) for order, places in ORDERS.get(kind, {}).items()]
        table = self[kind] = EntityTable(self._storage, name, indexes, orders)
        # An empty table is not adopted: it would count as shared, and its first write would copy it.
        if self.unread[name] is not NOTHING:
            table.adopt(*self.unread[name])
        return table
