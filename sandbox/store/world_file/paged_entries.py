"""The entries of an index of a world file: key → its id, or its ids in the order in which they were added."""

from __future__ import annotations

from collections.abc import Hashable, ItemsView, Iterable, Iterator, Mapping
from typing import Any

from sandbox.store.world_file.keys import key_bytes
from sandbox.store.world_file.layout import LONG, NUMBER, PART, index_table, unpacked
from sandbox.store.world_file.paged_rows import PagedRows
from sandbox.store.world_file.reader import WorldFileReader
from sandbox.store.world_file.recent import Recent

KEPT = 4096
"""Keys that are kept of an index."""


class PagedEntries(Mapping[Hashable, "str | PagedBucket"]):
    """Key → id, or several. It cannot be listed: keys are stored as bytes."""

    def __init__(self, reader: WorldFileReader, rows: PagedRows, index: str) -> None:
        self.name = index_table(rows.table, index)
        self._reader = reader
        self._rows = rows
        self._length = reader.count(self.name)
        self._recent: Recent[Hashable, str | PagedBucket] = Recent(KEPT)
        self._recent_absent: Recent[Hashable, bool] = Recent(KEPT)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Hashable]:
        raise NotImplementedError("an index of a world file cannot be listed")

    def get(self, key: Hashable, default: Any = None) -> Any:
        held = self._recent.get(key)
        if held is None:
            if self._recent_absent.get(key):
                return default
            # The first part tells a single id, which most keys have, from several without another query.
            stored = key_bytes(key)
            first = self.part(stored, 0)
            if not first:
                # Clients search for what does not exist: long values would fill the memory.
                if len(stored) < LONG:
                    self._recent_absent.add(key, True)
                return default
            held = self._recent.add(key, self._rows.ids(first)[0] if len(first) == 1 else self.bucket(key))
        return held

    def __getitem__(self, key: Hashable) -> str | PagedBucket:
        held: str | PagedBucket | None = self.get(key)
        if held is None:
            raise KeyError(key)
        return held

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def places(self, keys: Iterable[Hashable]) -> dict[Hashable, int]:
        """Indexes are not compared."""
        raise NotImplementedError("the keys of an index have no order")

    def bucket(self, key: Hashable) -> PagedBucket:
        return PagedBucket(self, self._rows, key_bytes(key))

    def part(self, key: bytes, number: int) -> list[int]:
        query = f'SELECT places FROM "{self.name}" WHERE key = ? AND part = ?'
        rows = self._reader.rows(query, (key, number))
        return unpacked(rows[0][0]) if rows else []

    def size(self, key: bytes) -> tuple[int, int]:
        """Return the number of the last part of a key, and the number of ids in it."""
        query = f'SELECT part, length(places) FROM "{self.name}" WHERE key = ? ORDER BY part DESC LIMIT 1'
        (last, length), *_ = self._reader.rows(query, (key,))
        return last, length // NUMBER


class PagedBucket(Mapping[str, None]):
    """The ids of a key, read in parts. Nothing is written to it: a layer lies over it."""

    def __init__(self, entries: PagedEntries, rows: PagedRows, key: bytes) -> None:
        self._entries = entries
        self._rows = rows
        self._key = key
        self._last, in_last = entries.size(key)
        self._length = self._last * PART + in_last
        self._places: frozenset[int] | None = None

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[str]:
        for number in range(self._last + 1):
            yield from self._rows.ids(self._entries.part(self._key, number))

    def __reversed__(self) -> Iterator[str]:
        for number in range(self._last, -1, -1):
            yield from reversed(self._rows.ids(self._entries.part(self._key, number)))

    def __contains__(self, id_: object) -> bool:
        return bool(self.places((str(id_),)))

    def __getitem__(self, id_: str) -> None:
        if id_ not in self:
            raise KeyError(id_)

    def get(self, id_: str, default: Any = None) -> Any:
        return None if id_ in self else default

    def items(self) -> ItemsView[str, None]:
        return _Pairs(self)

    def places(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the numbers of the rows of those ids that the key has."""
        places = self._rows.places(ids)
        if places and self._places is None:
            parts = (self._entries.part(self._key, number) for number in range(self._last + 1))
            self._places = frozenset(place for part in parts for place in part)
        return {id_: place for id_, place in places.items() if place in (self._places or ())}


class _Pairs(ItemsView[str, None]):
    """The ids as items of a dict, without looking each up."""

    _mapping: PagedBucket

    def __iter__(self) -> Iterator[tuple[str, None]]:
        return ((id_, None) for id_ in self._mapping)
