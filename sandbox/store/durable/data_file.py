"""One data file: changes are written in one transaction, states and items are read back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sandbox.errors import Invalid, NotStored, Unusable
from sandbox.store.durable.connecting import connect, reason_of
from sandbox.store.durable.states import (
    CopyWorld,
    DropPart,
    DropWorld,
    FileChange,
    FileState,
    NewState,
    RowChange,
    StateNumbers,
    WriteItem,
    WriteRows,
)
from sandbox.store.durable.world_copy import WorldCopy, attached, copied_state, copy_tables
from sandbox.store.written import parse_row, render_row

T = TypeVar("T")
FULL = "SQLITE_FULL"
_encode = json.JSONEncoder(separators=(",", ":")).encode

UPDATE_ROW = (
    "INSERT INTO rows VALUES (?, ?, ?, 0, ?) ON CONFLICT (state, kind, id) DO UPDATE SET value = excluded.value"
)
PLACE_ROW = (
    "INSERT INTO rows VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (state, kind, id) DO UPDATE SET seq = excluded.seq, value = excluded.value"
)
UPDATE_ITEM = (
    "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (world, part, key) DO UPDATE SET value = excluded.value, state = excluded.state"
)
PLACE_ITEM = UPDATE_ITEM + ", seq = excluded.seq"
UNUSED_STATES = """
WITH RECURSIVE used (id) AS (
    SELECT state FROM items WHERE state IS NOT NULL
    UNION SELECT states.base FROM states JOIN used USING (id) WHERE states.base IS NOT NULL
) SELECT id FROM states WHERE id NOT IN (SELECT id FROM used)
"""
"""The states that no world, checkpoint or other state is built on."""

MERGEABLE = """
SELECT below.id, above.id, below.base FROM states AS below JOIN states AS above ON above.base = below.id
WHERE below.id NOT IN (SELECT state FROM items WHERE state IS NOT NULL)
AND below.id NOT IN (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'copied_world')
AND (SELECT count(*) FROM states WHERE base = below.id) = 1 LIMIT 1
"""
"""A state that only one other state is built on, and that nothing else needs; not the copy of a world file, which has
tables of its own."""
MERGE = (
    """
    UPDATE rows SET seq = old.seq FROM rows AS old
    WHERE old.state = :below AND old.kind = rows.kind AND old.id = rows.id
    AND rows.state = :above AND rows.seq = 0 AND rows.value IS NOT NULL
    """,
    "UPDATE OR IGNORE rows SET state = :above WHERE state = :below",
    "DELETE FROM rows WHERE state = :below",
    "DELETE FROM rows WHERE state = :above AND value IS NULL AND :base IS NULL",
    "UPDATE states SET base = :base WHERE id = :above",
    "DELETE FROM states WHERE id = :below",
)
"""Puts the rows of a state into the one above it: a row that is in both keeps its place, unless the upper one moved."""


class Item(NamedTuple):
    """A value that is kept outside the stores, and the state that it is about."""

    world: str
    part: str
    key: str
    value: Any
    state: FileState | None


class DataFile:
    """An open data file. One thread at a time writes to it. Raises Unusable where it cannot be opened or read."""

    def __init__(self, path: str, *, create: bool = True) -> None:
        self.path = path
        self._connection = connect(path, create=create)
        self.states: dict[int, FileState] = {}
        self.numbers = StateNumbers()
        self._seq = count(1)
        self.copy: WorldCopy | None = None
        """The world file in it, if the first of its worlds began with one."""
        try:
            self._read(self._begin)
        except Unusable:
            self.close()
            raise

    def _begin(self) -> None:
        for id_, base in self._connection.execute("SELECT id, base FROM states ORDER BY id"):
            # A state is always younger than the one below it.
            self.states[id_] = FileState(id_, None if base is None else self.states[base], is_empty=False)
        self.numbers.numbers = count(max(self.states, default=0) + 1)
        (last,) = self._connection.execute(
            "SELECT max((SELECT coalesce(max(seq), 0) FROM rows), (SELECT coalesce(max(seq), 0) FROM items))"
        ).fetchone()
        self._seq = count(last + 1)
        self._open_copy()

    def _open_copy(self) -> None:
        copied = copied_state(self._connection)
        if copied is not None:
            self.copy = WorldCopy(Path(self.path), self._connection, self.states[copied])

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()
        if self.copy is not None:
            self.copy.close()

    def damage(self) -> list[str]:
        """Return what SQLite finds when it reads the whole file, nothing for a good one."""
        lines = self._read(lambda: self._connection.execute("PRAGMA integrity_check").fetchall())
        return [line for (line,) in lines if line != "ok"]

    def compact(self) -> None:
        """Drop what no world needs, and give its room back. Snapshots of the file end with it. Raises NotStored."""
        if self.copy is not None:
            # Its records will be on other pages.
            self.copy.close()
        self._write(self._merge)
        try:
            # Outside a transaction, as SQLite requires of VACUUM.
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._open_copy()
        except sqlite3.Error as error:
            raise _refusal(error) from error

    def _merge(self) -> None:
        self._drop_unused()
        for statements in iter(self._mergeable, None):
            for statement in MERGE:
                self._connection.execute(statement, statements)

    def _mergeable(self) -> dict[str, int | None] | None:
        row = self._connection.execute(MERGEABLE).fetchone()
        return None if row is None else dict(zip(("below", "above", "base"), row, strict=True))

    def items(self, *, without: str = "") -> list[Item]:
        """Return every item, in the order in which they were added, but for those of a part."""

        def read() -> list[Item]:
            query = "SELECT world, part, key, value, state FROM items WHERE part != ? ORDER BY seq"
            rows = self._connection.execute(query, (without,))
            return [
                Item(world, part, key, json.loads(value), None if state is None else self.states[state])
                for world, part, key, value, state in rows
            ]

        return self._read(read)

    def rows(self, state: FileState) -> list[RowChange]:
        """Return the rows of a state, without those below it, in an order in which they can be applied."""
        return self._read(lambda: list(self._rows(state)))

    def _rows(self, state: FileState) -> Iterator[RowChange]:
        # Changed rows have seq 0 and come first, in place; then the placed ones, in the order of their table.
        query, texts = "SELECT kind, id, seq, value FROM rows WHERE state = ? ORDER BY seq, rowid", dict[str, str]()
        for kind, id_, seq, value in self._connection.execute(query, (state.id,)):
            yield RowChange(kind, id_, bool(seq), None if value is None else parse_row(kind, value, texts))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except sqlite3.Error as error:
            raise Unusable(f"{self.path}: {reason_of(error)}") from error
        except (Invalid, KeyError, TypeError, ValueError) as error:
            raise Unusable(f"{self.path}: damaged ({error})") from error

    @contextmanager
    def attached(self, world_file: Path) -> Iterator[None]:
        """Let the transaction of the block copy a world file. Raises NotStored."""
        try:
            with attached(self._connection, world_file):
                yield
        except sqlite3.Error as error:
            raise _refusal(error) from error

    def write(self, changes: Iterable[FileChange]) -> None:
        """Write changes in one transaction, which is on disk when this returns. Raises NotStored: then none is."""
        self._write(lambda: self._write_all(changes))

    def _write_all(self, changes: Iterable[FileChange]) -> None:
        has_dropped = False
        for change in changes:
            WRITERS[type(change)](self, change)
            # Only these changes can leave a state without a user; others need not search for one.
            has_state = isinstance(change, WriteItem) and change.state is not None
            has_dropped |= has_state or isinstance(change, (NewState, DropWorld))
        if has_dropped:
            self._drop_unused()

    def _write(self, write: Callable[[], None]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            write()
            self._connection.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise _refusal(error) from error
            raise

    def _new_state(self, change: NewState) -> None:
        state = change.state
        self._connection.execute(
            "INSERT INTO states VALUES (?, ?)", (state.id, None if state.base is None else state.base.id)
        )

    def _copy_world(self, change: CopyWorld) -> None:
        copy_tables(self._connection, change.state)

    def _write_rows(self, change: WriteRows) -> None:
        state = change.state
        for row in change.rows:
            if row.entity is None:
                self._delete_row(state, row)
            elif row.is_placed:
                values = (state.id, row.kind, row.id, next(self._seq), render_row(row.entity))
                self._connection.execute(PLACE_ROW, values)
            else:
                self._connection.execute(UPDATE_ROW, (state.id, row.kind, row.id, render_row(row.entity)))

    def _delete_row(self, state: FileState, row: RowChange) -> None:
        if state.base is None:
            key = (state.id, row.kind, row.id)
            self._connection.execute("DELETE FROM rows WHERE state = ? AND kind = ? AND id = ?", key)
        else:
            # The row below it must not show through.
            self._connection.execute(PLACE_ROW, (state.id, row.kind, row.id, 0, None))

    def _write_item(self, item: WriteItem) -> None:
        if item.value is None:
            key = (item.world, item.part, item.key)
            self._connection.execute("DELETE FROM items WHERE world = ? AND part = ? AND key = ?", key)
            return
        state = None if item.state is None else item.state.id
        values = (item.world, item.part, item.key, next(self._seq), state, _encode(item.value))
        self._connection.execute(PLACE_ITEM if item.is_placed else UPDATE_ITEM, values)

    def _drop_world(self, change: DropWorld) -> None:
        self._connection.execute("DELETE FROM items WHERE world = ?", (change.world,))

    def _drop_part(self, change: DropPart) -> None:
        self._connection.execute("DELETE FROM items WHERE world = ? AND part = ?", change)

    def _drop_unused(self) -> None:
        for (id_,) in self._connection.execute(UNUSED_STATES).fetchall():
            self._connection.execute("DELETE FROM rows WHERE state = ?", (id_,))
            self._connection.execute("DELETE FROM states WHERE id = ?", (id_,))


def _refusal(error: sqlite3.Error) -> NotStored:
    is_full = (getattr(error, "sqlite_errorname", None) or "").startswith(FULL)
    return NotStored(507 if is_full else 503, reason_of(error))


WRITERS: dict[type, Any] = {
    NewState: DataFile._new_state,
    CopyWorld: DataFile._copy_world,
    WriteRows: DataFile._write_rows,
    WriteItem: DataFile._write_item,
    DropWorld: DataFile._drop_world,
    DropPart: DataFile._drop_part,
}
"""Change → the method that writes it."""
