"""The copy of a world file in a data file: its tables as they are, which are never written to and read from disk.

So the first start with a large world reads none of its records, and neither does a later one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import Unusable
from sandbox.store.durable.states import FileState
from sandbox.store.tables_by_kind import Snapshot
from sandbox.store.world_file.layout import statements, tables_of_a_file
from sandbox.store.world_file.opening import connect_unlocked, snapshot
from sandbox.store.world_file.paged_rows import PagedRows
from sandbox.store.world_file.reader import WorldFileReader

MARK = "copied_world"
"""The key in `meta` of the state whose rows are in the tables of a world file."""


@contextmanager
def attached(connection: sqlite3.Connection, world_file: Path) -> Iterator[None]:
    """Attach a world file for one transaction of a new data file."""
    # With a log, each page of a large world would be written twice. In a new file there is nothing to roll back to.
    connection.execute("PRAGMA main.journal_mode = DELETE")
    connection.execute("ATTACH ? AS world_file", (str(world_file.absolute()),))
    yield
    connection.execute("DETACH world_file")
    connection.execute("PRAGMA main.journal_mode = WAL")


def copy_tables(connection: sqlite3.Connection, state: FileState) -> None:
    """Copy the tables of the attached world file, inside a transaction."""
    for statement in statements():
        connection.execute(statement)
    for table in tables_of_a_file():
        # Between equal tables, SQLite copies the records without reading what is in them.
        connection.execute(f'INSERT INTO main."{table}" SELECT * FROM world_file."{table}"')
    connection.execute("INSERT INTO meta VALUES (?, ?)", (MARK, str(state.id)))


def copied_state(connection: sqlite3.Connection) -> int | None:
    """Return the number of the state that is the copy of a world file, if there is one."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (MARK,)).fetchone()
    return None if row is None else int(row[0])


class WorldCopy:
    """The copy in a data file that is opened again: its state by reference. Raises Unusable for missing tables."""

    def __init__(self, path: Path, writer: sqlite3.Connection, state: FileState) -> None:
        tables = {name for (name,) in writer.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        if not tables >= {*tables_of_a_file()}:
            raise Unusable(
                f"{path}: damaged, or made by another build of the sandbox (tables of its world are missing)"
            )
        # The reader knows nothing of the log, so everything goes into the file before it is opened.
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # A connection of its own, because a commit that waits for the disk would hold up reads of the other one. Its
        # pages never change, as nobody writes to these tables.
        self._connection = connect_unlocked(path)
        # The transaction lasts as long as the connection, which so keeps its first page: in the file, that page tells
        # the size of the file, which grows.
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        self.state = state
        self.snapshot: Snapshot = snapshot(WorldFileReader(path, self._connection))
        self.snapshot.state = state

    def count_rows(self) -> int:
        """Read every record and return their number. Raises Damaged."""
        tables = [rows for rows, _ in self.snapshot.values() if isinstance(rows, PagedRows)]
        return sum(1 for rows in tables for _ in rows.pairs())

    def close(self) -> None:
        self._connection.close()
