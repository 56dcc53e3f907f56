"""What was sent and what PKB answered, in SQLite: the memory of the integration between runs."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from partner_appointments.bookings import Booking

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, key TEXT UNIQUE, control_id TEXT UNIQUE, appointment TEXT, event TEXT,
    nhs_number TEXT, starts TEXT, text TEXT, attempts INTEGER DEFAULT 0,
    state TEXT DEFAULT 'waiting' CHECK (state IN ('waiting', 'accepted', 'refused')), acknowledgement TEXT
);
CREATE TABLE IF NOT EXISTS letters (number TEXT PRIMARY KEY, is_read INTEGER, read_at TEXT);
"""


@dataclass(frozen=True)
class Message:
    """A message that waits for its acknowledgement."""

    control_id: str
    appointment: str
    text: str


@dataclass(frozen=True)
class Expected:
    """What PKB must show of an appointment: its newest accepted event."""

    appointment: str
    nhs_number: str
    event: str
    starts: str


class Store:
    """A file of messages, acknowledgements and letters. Every change is saved at once."""

    def __init__(self, file: Path | str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def queue(self, booking: Booking, build: Callable[[str], str]) -> bool:
        """Queue the message that `build` makes with a new control id; False if the line is already queued."""
        control_id = uuid.uuid4().hex[:20]
        row = (booking.key, control_id, booking.appointment, booking.event, booking.nhs_number)
        columns = "key, control_id, appointment, event, nhs_number, starts, text"
        added = self._database.execute(
            f"INSERT OR IGNORE INTO messages ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 its own columns
            (*row, booking.starts.isoformat(), build(control_id)),
        )
        if booking.letter:
            self._database.execute("INSERT OR IGNORE INTO letters (number) VALUES (?)", (booking.letter,))
        return added.rowcount == 1

    def waiting(self) -> list[Message]:
        """The messages without an acknowledgement, in the order in which they were queued."""
        rows = self._database.execute(
            "SELECT control_id, appointment, text FROM messages WHERE state = 'waiting' ORDER BY number"
        )
        return [Message(*row) for row in rows]

    def count_attempt(self, control_id: str) -> None:
        self._database.execute("UPDATE messages SET attempts = attempts + 1 WHERE control_id = ?", (control_id,))

    def save_acknowledgement(self, control_id: str, state: str, text: str) -> None:
        self._database.execute(
            "UPDATE messages SET state = ?, acknowledgement = ? WHERE control_id = ?", (state, text, control_id)
        )

    def acknowledgements(self) -> dict[str, tuple[str, int, str]]:
        """Control id → state, attempts and acknowledgement (empty while there is none)."""
        rows = self._database.execute("SELECT control_id, state, attempts, acknowledgement FROM messages")
        return {control_id: (state, attempts, text or "") for control_id, state, attempts, text in rows}

    def expected(self) -> list[Expected]:
        rows = self._database.execute(
            "SELECT appointment, nhs_number, event, starts FROM messages WHERE number IN "
            "(SELECT MAX(number) FROM messages WHERE state = 'accepted' GROUP BY appointment) ORDER BY number"
        )
        return [Expected(*row) for row in rows]

    def unread_letters(self) -> list[str]:
        rows = self._database.execute("SELECT number FROM letters WHERE is_read IS NOT 1 ORDER BY number")
        return [number for (number,) in rows]

    def mark_letter(self, number: str, is_read: bool, read_at: str) -> None:
        self._database.execute(
            "UPDATE letters SET is_read = ?, read_at = ? WHERE number = ?", (is_read, read_at, number)
        )

    def letters(self) -> dict[str, tuple[bool | None, str]]:
        """Number → whether it was read (None if PKB does not say), and when."""
        rows = self._database.execute("SELECT number, is_read, read_at FROM letters")
        return {number: (None if read is None else bool(read), at or "") for number, read, at in rows}
