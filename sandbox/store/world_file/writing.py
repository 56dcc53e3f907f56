"""Write a world file: what changed in a store goes into the file, and the store then reads it from there.

So a world grows in memory that does not depend on its size. The file has another name until it is complete.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.errors import Invalid
from sandbox.store.store import Store
from sandbox.store.world_file.changes import ChangeWriter
from sandbox.store.world_file.layout import (
    APPLICATION_ID,
    INFORMATION,
    LAYOUT,
    VERSION,
    index_table,
    statements,
)
from sandbox.store.world_file.opening import snapshot
from sandbox.store.world_file.reader import WorldFileReader

MEMORY_KIB = 65_536
"""SQLite's own cache of pages."""
EMPTY: Mapping[Any, Any] = {}


class WorldFileWriter:
    """A world file that is being written, as a context manager: without `finish`, nothing remains of it.

    Raises Invalid for a file that cannot be written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._partial = file.with_name(f".{file.name}.{os.getpid()}.part")
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> WorldFileWriter:
        try:
            self._partial.unlink(missing_ok=True)
            self._connection = sqlite3.connect(self._partial)
            _prepare(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._discard()
            raise Invalid(f"{self._file} cannot be written: {error}") from error
        except BaseException:  # the command is stopped
            self._discard()
            raise
        self._changes = ChangeWriter(self._connection)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._discard()
        if isinstance(error, (OSError, sqlite3.Error)):
            raise Invalid(f"{self._file} cannot be written: {error}") from error

    def _discard(self) -> None:
        """Remove the incomplete file."""
        if self._connection is not None:
            self._connection.close()
        with suppress(OSError):
            self._partial.unlink()

    def attach(self, store: Store) -> None:
        """Write everything that a store has changed since the last time, and let it read from the file."""
        assert self._connection is not None  # noqa: S101 - inside the block
        state = store.snapshot()
        for _, table, indexes, orders in LAYOUT:
            rows, entries = state[table]
            # All indexes are planned before the rows change: their old ids are still read by their old numbers.
            planned = {index: self._changes.planned(entries.get(index, EMPTY)) for index in indexes}
            self._changes.write_rows(table, rows)
            for index, changes in planned.items():
                self._changes.write_entries(table, index_table(table, index), changes)
            for order in orders:
                self._changes.write_orders(index_table(table, order), entries.get(order, EMPTY))
        self._changes.write_counts()
        self._connection.commit()
        store.restore(snapshot(WorldFileReader(self._partial, self._connection)))

    def finish(self, information: Mapping[str, str]) -> None:
        """Complete the file and give it its name, in the place of an earlier one."""
        assert self._connection is not None  # noqa: S101 - inside the block
        self._connection.executemany(f"INSERT INTO {INFORMATION} VALUES (?, ?)", information.items())
        self._connection.commit()
        self._connection.close()
        # SQLite was told not to wait for the disk, so the complete file is flushed once, before it gets its name.
        with self._partial.open("rb+") as file:
            os.fsync(file.fileno())
        self._partial.replace(self._file)


def _prepare(connection: sqlite3.Connection) -> None:
    # A file that is not complete is thrown away, so nothing has to survive a crash.
    for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{MEMORY_KIB}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in statements():
        connection.execute(statement)
