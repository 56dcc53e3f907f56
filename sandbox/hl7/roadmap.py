"""Segments that PKB has announced but not released: ignored like any unused segment, unless switched on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox.base import datafiles
from sandbox.hl7.profiles import FieldRow, rows_of
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An announced segment: its setting, its messages, and its fields."""

    id: str
    name: str
    setting: str
    messages: tuple[str, ...]
    text: str
    standing: str
    source: str
    fields: tuple[FieldRow, ...]


@cache
def roadmap() -> dict[str, Planned]:
    """The announced segments by name."""
    rows = datafiles.read_toml(datafiles.beside_code("hl7/roadmap.toml"))["segment"]
    return {
        row["name"]: Planned(
            id=row["id"],
            name=row["name"],
            setting=row["setting"],
            messages=tuple(row["messages"]),
            text=row["text"],
            standing=row["standing"],
            source=row["source"],
            fields=tuple(rows_of(row)),
        )
        for row in rows
    }


def switched_on(settings: Settings, type_: str) -> tuple[FieldRow, ...]:
    """Return the fields of the announced segments that are switched on for a message type."""
    planned = [announcement for announcement in _of_type(type_) if getattr(settings, announcement.setting)]
    return tuple(row for announcement in planned for row in announcement.fields) if planned else ()


@cache
def _of_type(type_: str) -> tuple[Planned, ...]:
    return tuple(announcement for announcement in roadmap().values() if type_ in announcement.messages)
