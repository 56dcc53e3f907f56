"""TinyDB tables that write in place: the cost of an insert does not depend on the size of the table.

TinyDB rewrites a whole table on every change unless `Table._read_table` and `_update_table` are overridden, which its
documentation offers for this purpose (https://tinydb.readthedocs.io/en/latest/extend.html). Rows are frozen
entities, so nothing is copied on reading or writing, and a snapshot is the rows themselves: the next write
copies the references first.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from tinydb.storages import Storage
from tinydb.table import Table

from sandbox.store.indexes import Index, OrderedIndex
from sandbox.store.layered import writable


class Row(Mapping[str, Any]):
    """A row as TinyDB sees it, `{"entity": …}`, in a quarter of the memory of a dict."""

    __slots__ = ("entity",)

    def __init__(self, entity: Any) -> None:
        self.entity = entity

    def __getitem__(self, key: str) -> Any:
        if key == "entity":
            return self.entity
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__slots__)

    def __len__(self) -> int:
        return 1


Rows = MutableMapping[str, Row]


class RowStorage(Storage):
    """In-memory storage that returns the stored rows of each table, not copies."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}

    def read(self) -> Any:
        return self.tables

    def write(self, data: Any) -> None:
        self.tables = data


class EntityTable(Table):
    """A TinyDB table of frozen entities, keyed by id, with indexes that follow every change."""

    document_id_class = str  # type: ignore[assignment]  # PKB's ids are text; TinyDB's annotation says int

    def __init__(
        self, storage: RowStorage, name: str, indexes: Iterable[Index], orders: Iterable[OrderedIndex]
    ) -> None:
        # No query cache: `put` and `drop` bypass the method of TinyDB that would clear it.
        super().__init__(storage, name, cache_size=0)
        self.rows: Rows = storage.tables.setdefault(name, {})
        self._tables = storage.tables
        self.indexes = {index.name: index for index in indexes}
        self.orders = {order.name: order for order in orders}
        self._followers: tuple[Index | OrderedIndex, ...] = (*self.indexes.values(), *self.orders.values())
        self._shared = False
        self.mark = object()
        """A new object after each change: results computed from the table are valid while it stays the same."""

    def _read_table(self) -> Any:
        return self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def _update_table(self, updater: Callable[[Any], None]) -> None:
        self._unshare()
        updater(self.rows)
        self.clear_cache()

    def _unshare(self) -> None:
        if self._shared:
            self.rows = self._tables[self._name] = writable(self.rows)
            for index in self._followers:
                index.unshare()
            self._shared = False

    def put(self, key: str, entity: Any) -> Any:
        """Store an entity under its id and return the entity that it replaced, if any."""
        row = self.rows.get(key)
        before = None if row is None else row.entity
        if self._shared:
            self._unshare()
        self.mark = object()
        self.rows[key] = Row(entity)
        for index in self._followers:
            index.replace(key, before, entity)
        return before

    def drop(self, key: str) -> Any:
        """Remove the entity with an id and return it, or None."""
        before = self.entity(key)
        if before is not None:
            self._unshare()
            self.mark = object()
            del self.rows[key]
            for index in self._followers:
                index.replace(key, before, None)
        return before

    def sort_in(self, part: Hashable, most: int, names: Container[str] | None = None) -> bool:
        """Sort the first of the waiting changes into a part of the indexes, or of some of them; return whether more are
        waiting.
        """
        return any(index.sort_in(part, most) for index in self._followers if names is None or index.name in names)

    def first_waiting(self, part: Hashable, most: int) -> list[Any]:
        """Return the entities of the changes that are sorted in next."""
        return next(filter(None, (index.first_waiting(part, most) for index in self._followers)), [])

    def settle(self, most: int, names: Container[str] | None = None) -> bool:
        """Sort the first of the waiting changes into the indexes, or some of them; return whether more are waiting."""
        return any(index.settle(most) for index in self._followers if names is None or index.name in names)

    def entity(self, key: str) -> Any:
        row = self.rows.get(key)
        return None if row is None else row.entity

    def entities(self) -> Iterator[Any]:
        return (row.entity for row in self.rows.values())

    def share(self) -> tuple[Rows, dict[str, Any]]:
        """Return the rows and indexes by reference; the next write copies them first."""
        self._shared = True
        return self.rows, {index.name: index.share() for index in self._followers}

    def adopt(self, rows: Rows, indexes: dict[str, Any]) -> None:
        """Restore rows and indexes from `share`, of this or another store; an index may be missing."""
        self.rows = self._tables[self._name] = rows
        for index in self._followers:
            index.adopt(indexes.get(index.name, {}))
        self._shared = True
        self.mark = object()
        self.clear_cache()
