"""The booking system's export: one line for each event, in local time."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import astuple, dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Europe/London")
EVENTS = ("book", "move", "cancel")


@dataclass(frozen=True)
class Booking:
    """One event of an appointment. `letter` is the number of the letter about it; empty without one."""

    event: str
    appointment: str
    nhs_number: str
    family: str
    given: str
    birth_date: date
    starts: datetime
    ends: datetime
    location: str
    reason: str
    letter: str

    @property
    def key(self) -> str:
        """The same for the same line, so that a file can be read again."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()


def read_bookings(file: Path) -> list[Booking]:
    """Read an export. Raises ValueError with the line for a wrong event, date or column."""
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        return [_booking(row, f"{file}:{reader.line_num}") for row in reader]


def _booking(row: dict[str, str], line: str) -> Booking:
    if row["event"] not in EVENTS:
        raise ValueError(f"{line}: event is {row['event']!r}; allowed: {', '.join(EVENTS)}")
    try:
        times = {name: datetime.fromisoformat(row[name]).replace(tzinfo=LOCAL) for name in ("starts", "ends")}
        return Booking(**{**row, **times, "birth_date": date.fromisoformat(row["birth_date"])})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{line}: {error}") from error
