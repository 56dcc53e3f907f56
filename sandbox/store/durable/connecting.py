"""Open a data file: SQLite in WAL mode, for one process at a time, each commit on disk before it returns."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from sandbox.errors import Unusable

APPLICATION = 0x504B4253
"""`application_id` of a data file: PKBS in ASCII (https://www.sqlite.org/pragma.html#pragma_application_id)."""
FORMAT = 2
"""`user_version`: the newest version of the tables and of the values in them."""
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE states (id INTEGER PRIMARY KEY, base INTEGER);
CREATE TABLE rows (state INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, seq INTEGER NOT NULL, value TEXT);
CREATE UNIQUE INDEX row_ids ON rows (state, kind, id);
CREATE TABLE items (world TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, state INTEGER,
                    value TEXT NOT NULL);
CREATE UNIQUE INDEX item_keys ON items (world, part, key);
CREATE INDEX item_states ON items (state) WHERE state IS NOT NULL;
"""
"""`rows.seq` is the order in a table; 0 is the place that the row has in the state below, where it is NULL in `value`
once it is deleted."""

REASONS = {
    "SQLITE_BUSY": "in use by another process",
    "SQLITE_LOCKED": "in use by another process",
    "SQLITE_FULL": "no space left on the disk",
    "SQLITE_READONLY": "cannot be written to (read-only)",
    "SQLITE_CANTOPEN": "cannot be opened",
    "SQLITE_NOTADB": "not a data file of the sandbox",
    "SQLITE_CORRUPT": "damaged",
    "SQLITE_PERM": "cannot be opened (no permission)",
    "SQLITE_IOERR": "cannot be read or written (disk error)",
}
"""Primary result code of SQLite → what it says about the file (https://www.sqlite.org/rescode.html)."""


def reason_of(error: sqlite3.Error) -> str:
    """Return what an error says about the file."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return next((text for code, text in REASONS.items() if name.startswith(code)), str(error))


def connect(path: str, *, create: bool = True) -> sqlite3.Connection:
    """Open a data file, or make an empty one. Raises Unusable with the path and the reason."""
    _check_path(path, create=create)
    # `isolation_level=None`: this code begins and ends transactions itself. `check_same_thread=False`: the file is read
    # at start in one thread and written in another, never in both at once. `timeout=0`: a file in use is refused.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise Unusable(f"{path}: {reason_of(error)}") from error
    except Unusable:
        connection.close()
        raise
    return connection


def _check_path(path: str, *, create: bool) -> None:
    file = Path(path)
    try:
        if file.is_dir():
            raise Unusable(f"{path}: is a folder, not a file")
        if not file.exists():
            if not create:
                raise Unusable(f"{path}: does not exist")
            # It contains credentials, so that only its owner may read it.
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
        elif not os.access(file, os.W_OK):
            raise Unusable(f"{path}: {REASONS['SQLITE_READONLY']}")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror or error}") from error


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    # In exclusive mode a second process is refused, and no shared memory file is needed.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    is_empty = not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if not is_empty and application != APPLICATION:
        raise Unusable(f"{path}: {REASONS['SQLITE_NOTADB']}")
    if version > FORMAT:
        raise Unusable(f"{path}: written by a newer version of the sandbox (format {version}, this one reads {FORMAT})")
    connection.execute("PRAGMA journal_mode = WAL")
    # With NORMAL, a power failure can lose the last commits (https://www.sqlite.org/pragma.html#pragma_synchronous).
    connection.execute("PRAGMA synchronous = FULL")
    # The tables and the two numbers appear together or not at all, if the process is killed meanwhile.
    connection.execute("BEGIN IMMEDIATE")
    if is_empty:
        for statement in SCHEMA.strip().split(";\n"):
            connection.execute(statement.rstrip(";\n"))
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    # A file of an earlier format is read as it is; what is written to it now, an earlier version cannot read.
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    # A write at each start shows at once that the file can be written to.
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('opened_at', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))")
    connection.execute("COMMIT")
