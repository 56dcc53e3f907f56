"""The ordered indexes of a world file: ranges of sort keys, read in slices."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from sandbox.store.orderings import LayeredOrdering, Pair, Range
from sandbox.store.world_file.keys import key_bytes
from sandbox.store.world_file.layout import index_table
from sandbox.store.world_file.paged_rows import PagedRows
from sandbox.store.world_file.reader import WorldFileReader
from sandbox.store.world_file.sort_keys import sort_bytes, sort_key

SLICE = 256
"""Ids that are read at once."""


class PagedOrders(Mapping[Hashable, "PagedOrdering"]):
    """Key of an ordering → the ordering. It cannot be listed: keys are stored as bytes."""

    def __init__(self, reader: WorldFileReader, rows: PagedRows, order: str) -> None:
        self.name = index_table(rows.table, order)
        self._rows = rows
        self._reader = reader
        self._length = reader.count(self.name)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Hashable]:
        raise NotImplementedError("an index of a world file cannot be listed")

    def get(self, order: Hashable, default: Any = None) -> Any:
        key = key_bytes(order)
        has_ids = self._reader.rows(f'SELECT 1 FROM "{self.name}" WHERE key = ? LIMIT 1', (key,))
        return PagedOrdering(self._reader, self._rows, self.name, key) if has_ids else default

    def __getitem__(self, order: Hashable) -> PagedOrdering:
        ordering: PagedOrdering | None = self.get(order)
        if ordering is None:
            raise KeyError(order)
        return ordering

    def __contains__(self, order: object) -> bool:
        return self.get(order) is not None

    def places(self, keys: Any) -> dict[Hashable, int]:
        """Indexes are not compared."""
        raise NotImplementedError("the keys of an index have no order")


class PagedOrdering:
    """Pairs of a sort key and an id, in order. Nothing is written to it: a layer lies over it."""

    def __init__(self, reader: WorldFileReader, rows: PagedRows, name: str, key: bytes) -> None:
        self._reader = reader
        self._rows = rows
        self._name = name
        self._key = key

    def copy(self) -> LayeredOrdering:
        return LayeredOrdering(self)

    def __contains__(self, pair: Pair) -> bool:
        place, id_ = pair
        # A new entity is in no ordering of the file; the rows know that without a query for each of its sort keys.
        if id_ not in self._rows:
            return False
        query = f'SELECT 1 FROM "{self._name}" WHERE key = ? AND sort = ? AND id = ?'
        return bool(self._reader.rows(query, (self._key, sort_bytes(place), id_)))

    def between(self, low: Any, high: Any) -> Range:
        """Return the ids between two sort keys, both included; None means no limit."""
        return _PagedRange(self._reader, self._name, self._key, low, high)

    def lowest(self) -> Any:
        """Return the first sort key; None without one."""
        first = next(self.between(None, None).pairs(), None)
        return None if first is None else first[0]


class _PagedRange(Range):
    """A part of an ordering."""

    def __init__(self, reader: WorldFileReader, name: str, key: bytes, low: Any, high: Any) -> None:
        self._reader = reader
        limits = [("sort >= ?", low), ("sort <= ?", high)]
        self._where = " AND ".join(["key = ?", *(test for test, limit in limits if limit is not None)])
        self._values = (key, *(sort_bytes(limit) for _, limit in limits if limit is not None))
        self._name = name

    def __len__(self) -> int:
        query = f'SELECT count(*) FROM "{self._name}" WHERE {self._where}'
        ((length,),) = self._reader.rows(query, self._values)
        return int(length)

    def pairs(self, *, reverse: bool = False) -> Iterator[Pair]:
        after, order = ("<", "DESC") if reverse else (">", "ASC")
        query = f'SELECT sort, id FROM "{self._name}" WHERE {self._where}'
        end = f" ORDER BY sort {order}, id {order} LIMIT {SLICE}"
        rows = self._reader.rows(query + end, self._values)
        while rows:
            yield from ((sort_key(sort), id_) for sort, id_ in rows)
            if len(rows) < SLICE:
                return
            # From the last row on, not by OFFSET, which would read and throw away everything before it.
            rows = self._reader.rows(f"{query} AND (sort, id) {after} (?, ?){end}", (*self._values, *rows[-1]))
