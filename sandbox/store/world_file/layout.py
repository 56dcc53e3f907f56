"""The tables of a world file.

SQLite's application id and user version say what the file is (https://sqlite.org/pragma.html#pragma_application_id).
Each table of the store has a table of its rows, numbered in their order, and one for each of its indexes: the numbers
of the rows of a key, packed in parts, or the sort keys of an ordering.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import pack, unpack
from typing import NamedTuple

from sandbox.store.schema import ORDERS, TABLES

APPLICATION_ID = 0x504B4257
"""`PKBW`."""
VERSION = 1
"""Version of the layout and of the rows: a file of another version is not opened."""
PART = 256
"""Number of rows in a part of a key."""
NUMBER = 4
"""Bytes of the number of a row."""

LONG = 300
"""Characters from which a row is compressed, and an id or key that is not in the file is not remembered."""
LEVEL = 3
"""A higher one takes twice the time for a tenth of the size."""

INFORMATION = "information"
COUNTS = "counts"


class TableNames(NamedTuple):
    """A table of the store: the name of its entity, its own, and those of its indexes and ordered indexes."""

    kind: str
    table: str
    indexes: tuple[str, ...]
    orders: tuple[str, ...]


LAYOUT = tuple(
    TableNames(kind.__name__, table, tuple(indexes), tuple(ORDERS.get(kind, ())))
    for kind, (table, indexes) in TABLES.items()
)


def is_sqlite(header: bytes) -> bool:
    """Return whether a file that begins like this is of SQLite."""
    return header.startswith(b"SQLite format 3\0")


def index_table(table: str, index: str) -> str:
    return f"{table}/{index}"


def tables_of_a_file() -> Iterator[str]:
    yield from (INFORMATION, COUNTS)
    for _, table, indexes, orders in LAYOUT:
        yield from (table, *(index_table(table, name) for name in (*indexes, *orders)))


def statements() -> Iterator[str]:
    """Return the statements that create the tables of an empty file."""
    yield f"CREATE TABLE {INFORMATION} (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
    yield f"CREATE TABLE {COUNTS} (name TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID"
    for _, table, indexes, orders in LAYOUT:
        # `place` is SQLite's own row id, so that the order of the table costs no index of its own.
        yield f'CREATE TABLE "{table}" (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, entity BLOB NOT NULL)'
        for index in indexes:
            yield (
                f'CREATE TABLE "{index_table(table, index)}" '
                "(key BLOB, part INTEGER, places BLOB NOT NULL, PRIMARY KEY (key, part)) WITHOUT ROWID"
            )
        for order in orders:
            yield (
                f'CREATE TABLE "{index_table(table, order)}" '
                "(key BLOB, sort BLOB, id TEXT, PRIMARY KEY (key, sort, id)) WITHOUT ROWID"
            )


def compressed(text: str) -> bytes | str:
    """Return the text of a row as the file has it: a long one is compressed, to a fifth."""
    return text if len(text) < LONG else zlib.compress(text.encode(), LEVEL)


def uncompressed(stored: bytes | str) -> str:
    """Return the text of a row. Raises ValueError for bytes that are not such a text."""
    try:
        return stored if isinstance(stored, str) else zlib.decompress(stored).decode()
    except zlib.error as error:
        raise ValueError(str(error)) from error


def packed(places: list[int]) -> bytes:
    """Return numbers of rows as bytes, `NUMBER` for each."""
    return pack(f"<{len(places)}I", *places)


def unpacked(data: bytes) -> list[int]:
    return list(unpack(f"<{len(data) // NUMBER}I", data))
