"""Open a world file: check that it is one, and give its state by reference. No row is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import quote

from sandbox.errors import Invalid
from sandbox.store.tables import Rows
from sandbox.store.tables_by_kind import Snapshot
from sandbox.store.world_file.layout import APPLICATION_ID, LAYOUT, VERSION, is_sqlite, tables_of_a_file
from sandbox.store.world_file.paged_entries import PagedEntries
from sandbox.store.world_file.paged_orders import PagedOrders
from sandbox.store.world_file.paged_rows import PagedRows
from sandbox.store.world_file.reader import WorldFileReader

HEADER = 100
"""Bytes of the header of a file of SQLite."""
MEMORY_KIB = 16_384
"""SQLite's own cache of pages."""


@dataclass(frozen=True, slots=True)
class WorldFile:
    """A state on disk that never changes, and what the file says about itself, by name."""

    path: Path
    snapshot: Snapshot
    information: Mapping[str, str]


def open_world_file(file: Path) -> WorldFile:
    """Open a world file. Raises Invalid for a damaged file, one of another version, and any other file."""
    _check_header(file)
    try:
        connection = connect_unlocked(file)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise Invalid(f"{file} is damaged: {error}") from error
    if tables != {*tables_of_a_file()}:
        raise Invalid(f"{file} was written by another version of the sandbox; generate it again")
    reader = WorldFileReader(file, connection)
    return WorldFile(file, snapshot(reader), reader.information())


def connect_unlocked(file: Path) -> sqlite3.Connection:
    """Open a file whose pages stay as they are. Raises sqlite3.DatabaseError."""
    # Immutable: nobody writes to a complete file, and a folder that cannot be written to is as good.
    address = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    connection.execute(f"PRAGMA cache_size = -{MEMORY_KIB}")
    return connection


def snapshot(reader: WorldFileReader) -> Snapshot:
    """Return the state in a file, by reference."""
    state = Snapshot()
    for kind, table, indexes, orders in LAYOUT:
        rows = PagedRows(reader, kind, table)
        entries = {index: PagedEntries(reader, rows, index) for index in indexes}
        # Read-only: what writes to the rows of a snapshot lays its own over them first.
        state[table] = cast("Rows", rows), {**entries, **{order: PagedOrders(reader, rows, order) for order in orders}}
    return state


def _check_header(file: Path) -> None:
    """Check the first 100 bytes (https://sqlite.org/fileformat.html#the_database_header) and the size of the file."""
    header = _header(file)
    version, pages = (int.from_bytes(header[at : at + 4]) for at in (60, 28))
    if not is_world_file(file):
        raise Invalid(f"{file} is not a world file")
    if version != VERSION:
        raise Invalid(f"{file} has version {version} of the format; this version of the sandbox reads {VERSION}")
    # A page of 65,536 bytes, which does not fit into the two bytes, is written as 1.
    page = int.from_bytes(header[16:18])
    expected, size = pages * (65_536 if page == 1 else page), file.stat().st_size
    if size != expected:
        raise Invalid(f"{file} is damaged: it has {size} bytes instead of {expected}")


def is_world_file(file: Path) -> bool:
    """Return whether a file is a world file of any version, damaged or not."""
    header = _header(file)
    return is_sqlite(header) and int.from_bytes(header[68:72]) == APPLICATION_ID


def _header(file: Path) -> bytes:
    """Return the beginning of a file; nothing of a folder."""
    if not file.is_file():
        return b""
    with file.open("rb") as content:
        return content.read(HEADER)
