"""TinyDB tables that write in place: the cost of an insert does not grow with what is stored.

TinyDB rewrites a whole table on every change unless `Table._read_table` and `_update_table` are overridden, which its
documentation offers for this purpose (https://tinydb.readthedocs.io/en/latest/extend.html). Rows hold one frozen
entity each, so nothing needs copying on the way in or out, and a snapshot is the rows themselves: whoever writes next
takes a copy of the references first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tinydb.storages import Storage
from tinydb.table import Document, Table

from sandbox.store.indexes import Index, OrderedIndex

Rows = dict[str, Mapping[str, Any]]


class RowStorage(Storage):
    """Storage in memory that hands out the live rows of each table."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}

    def read(self) -> Any:
        return self.tables

    def write(self, data: Any) -> None:
        self.tables = data


class EntityTable(Table):
    """A TinyDB table of frozen entities, keyed by their ids, with indexes that follow every change."""

    document_id_class = str  # type: ignore[assignment]  # PKB's ids are text; TinyDB's annotation says int

    def __init__(
        self, storage: RowStorage, name: str, indexes: Iterable[Index], orders: Iterable[OrderedIndex]
    ) -> None:
        super().__init__(storage, name, cache_size=0)
        self._rows: Rows = storage.tables.setdefault(name, {})
        self._tables = storage.tables
        self.indexes = {index.name: index for index in indexes}
        self.orders = {order.name: order for order in orders}
        self._followers: tuple[Index | OrderedIndex, ...] = (*self.indexes.values(), *self.orders.values())
        self._shared = False
        self.mark = object()
        """Another object after each change: what was worked out from the table is good while it is the same."""

    def _read_table(self) -> Any:
        return self._rows

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        self._unshare()
        updater(self._rows)
        self.clear_cache()

    def _unshare(self) -> None:
        if self._shared:
            self._rows = self._tables[self._name] = dict(self._rows)
            for index in self._followers:
                index.unshare()
            self._shared = False

    def put(self, key: str, entity: Any) -> Any:
        """Stores an entity under its id and returns the one that it replaces, if any."""
        before = self.entity(key)
        self._unshare()
        self.mark = object()
        self._rows[key] = Document({"entity": entity}, key)  # type: ignore[arg-type]
        for index in self._followers:
            index.replace(key, before, entity)
        return before

    def drop(self, key: str) -> Any:
        """Removes the entity with that id and returns it, if there was one."""
        before = self.entity(key)
        if before is not None:
            self.mark = object()
            self.remove(doc_ids=[key])  # type: ignore[list-item]
            for index in self._followers:
                index.replace(key, before, None)
        return before

    def entity(self, key: str) -> Any:
        row = self._rows.get(key)
        return None if row is None else row["entity"]

    def entities(self) -> Iterator[Any]:
        return (row["entity"] for row in self._rows.values())

    @property
    def rows(self) -> Rows:
        return self._rows

    def share(self) -> tuple[Rows, dict[str, Any]]:
        """The rows and indexes as they are; the next write copies them before it changes anything."""
        self._shared = True
        return self._rows, {index.name: index.share() for index in self._followers}

    def adopt(self, rows: Rows, indexes: dict[str, Any]) -> None:
        """Goes back to rows and indexes that `share` gave, here or in another store; an index may be left out."""
        self._rows = self._tables[self._name] = rows
        for index in self._followers:
            index.adopt(indexes.get(index.name, {}))
        self._shared = True
        self.mark = object()
        self.clear_cache()
