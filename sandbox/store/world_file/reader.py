"""Queries of a world file; what cannot be read is an error that names the file."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any

from sandbox.errors import Damaged
from sandbox.store.world_file.layout import COUNTS, INFORMATION

log = logging.getLogger("sandbox.store")


class WorldFileReader:
    """An open world file. `connection` may be that of a writer, which reads what it has written."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self.connection = connection

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Return the rows of a query. Raises Damaged."""
        try:
            return self.connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from error

    def damaged(self, reason: str) -> Damaged:
        log.error("%s is damaged: %s", self.file, reason)
        return Damaged(f"{self.file} is damaged: {reason}")

    def count(self, name: str) -> int:
        """Return the number of rows of a table, or of keys of an index."""
        rows = self.rows(f"SELECT entries FROM {COUNTS} WHERE name = ?", (name,))
        return rows[0][0] if rows else 0

    def information(self) -> dict[str, str]:
        """Return what the file says about itself."""
        return dict(self.rows(f"SELECT name, value FROM {INFORMATION}"))
