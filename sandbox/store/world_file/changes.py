"""What a store has changed of a world file, written into the file."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from typing import Any, NamedTuple

from sandbox.store.layered import GONE, Layered, is_paged
from sandbox.store.orderings import LayeredOrdering, Pair
from sandbox.store.world_file.keys import key_bytes
from sandbox.store.world_file.layout import COUNTS, PART, compressed, packed, unpacked
from sandbox.store.world_file.sort_keys import sort_bytes
from sandbox.store.written import render_row

NOTHING: Set[Any] = frozenset()


def _changed(entries: Mapping[Any, Any]) -> tuple[Mapping[Any, Any], Set[Any], Mapping[Any, Any]]:
    """Return the entries that differ from the file, the keys that moved to the end, and the entries of the file."""
    if is_paged(entries):
        return {}, NOTHING, entries
    if isinstance(entries, Layered) and entries.is_paged:
        return entries.own, entries.moved, entries.base
    return dict(entries.items()), NOTHING, {}


class _KeyChange(NamedTuple):
    """The ids that a key shall have in the file, none for no key; appended ones come after those it has."""

    key: bytes
    is_stored: bool
    ids: Collection[str]
    is_appended: bool


class ChangeWriter:
    """Writes changes and counts entries. `counts` has the name of a table and its number of rows or keys."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._counts: Counter[str] = Counter()
        self._last: Counter[str] = Counter()
        self._places: dict[str, int] = {}

    def write_counts(self) -> None:
        self._connection.executemany(f"INSERT OR REPLACE INTO {COUNTS} VALUES (?, ?)", self._counts.items())

    def write_rows(self, table: str, rows: Mapping[str, Any]) -> None:
        """Write the changed rows of a table. Its indexes are written next."""
        own, moved, base = _changed(rows)
        self._places = {}
        # A row that moved to the end is deleted and added again, because `place` is its number.
        gone = [id_ for id_, row in own.items() if (row is GONE or id_ in moved) and id_ in base]
        updated = {id_ for id_ in own if id_ in base} - set(gone)
        self._connection.executemany(f'DELETE FROM "{table}" WHERE id = ?', [(id_,) for id_ in gone])
        self._connection.executemany(
            f'UPDATE "{table}" SET entity = ? WHERE id = ?', [(_text(own[id_]), id_) for id_ in updated]
        )
        added = [id_ for id_, row in own.items() if row is not GONE and id_ not in updated]
        for id_ in added:
            self._last[table] += 1
            self._places[id_] = self._last[table]
        lines = ((self._places[id_], id_, _text(own[id_])) for id_ in added)
        self._connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', lines)
        self._counts[table] += len(added) - len(gone)

    def planned(self, entries: Mapping[Any, Any]) -> list[_KeyChange]:
        """Return the changed keys of an index with their new content in the file.

        Before the rows are written: ids that are still in the file alone are read from it.
        """
        own, _, base = _changed(entries)
        changes = []
        for key, held in own.items():
            is_appended = (
                isinstance(held, Layered) and held.is_paged and not held.moved and GONE not in held.own.values()
            )
            ids = () if held is GONE else (held,) if isinstance(held, str) else held.own if is_appended else tuple(held)
            changes.append(_KeyChange(key_bytes(key), key in base, ids, is_appended))
        return changes

    def write_entries(self, table: str, name: str, changes: list[_KeyChange]) -> None:
        """Write the changed keys of an index of the table whose rows were written last."""
        for change in changes:
            places = [self._place(table, id_) for id_ in change.ids]
            if change.is_appended:
                self._append(name, change.key, places)
                continue
            if change.is_stored:
                self._connection.execute(f'DELETE FROM "{name}" WHERE key = ?', (change.key,))
            self._counts[name] += bool(places) - change.is_stored
            self._insert(name, change.key, 0, places)

    def write_orders(self, name: str, entries: Mapping[Any, Any]) -> None:
        """Write the changed orderings of an ordered index."""
        own, _, base = _changed(entries)
        for order, held in own.items():
            stored, is_stored = key_bytes(order), order in base
            self._counts[name] += (held is not GONE) - is_stored
            removed: Iterable[Pair] = held.removed if isinstance(held, LayeredOrdering) else ()
            added: Iterable[Pair] = held.added if isinstance(held, LayeredOrdering) else held
            if not isinstance(held, LayeredOrdering):
                self._connection.execute(f'DELETE FROM "{name}" WHERE key = ?', (stored,))
            self._connection.executemany(
                f'DELETE FROM "{name}" WHERE key = ? AND sort = ? AND id = ?',
                [(stored, sort_bytes(place), id_) for place, id_ in removed],
            )
            lines = ((stored, sort_bytes(place), id_) for place, id_ in (() if held is GONE else added))
            self._connection.executemany(f'INSERT INTO "{name}" VALUES (?, ?, ?)', lines)

    def _append(self, name: str, key: bytes, added: list[int]) -> None:
        query = f'SELECT part, places FROM "{name}" WHERE key = ? ORDER BY part DESC LIMIT 1'
        ((part, places),) = self._connection.execute(query, (key,))
        self._connection.execute(f'DELETE FROM "{name}" WHERE key = ? AND part = ?', (key, part))
        self._insert(name, key, part, unpacked(places) + added)

    def _insert(self, name: str, key: bytes, part: int, places: list[int]) -> None:
        parts = (places[at : at + PART] for at in range(0, len(places), PART))
        lines = ((key, number, packed(numbers)) for number, numbers in enumerate(parts, part))
        self._connection.executemany(f'INSERT INTO "{name}" VALUES (?, ?, ?)', lines)

    def _place(self, table: str, id_: str) -> int:
        if id_ not in self._places:
            ((place,),) = self._connection.execute(f'SELECT place FROM "{table}" WHERE id = ?', (id_,))
            self._places[id_] = place
        return self._places[id_]


def _text(row: Any) -> bytes | str:
    return compressed(render_row(row.entity))
