"""The entries of a record: each data point with its date, title, source, label, and notes such as `cancelled`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sandbox.console.patients.describing import LABELS, Describer
from sandbox.domain.data_points.kinds import KINDS
from sandbox.model import DataPoint, Patient, Source
from sandbox.store import Store
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.attributes.table import tables

KIND_OF = {entity: kind for kind, entity in ENTITIES.items()}
"""Entity → kind, as addresses name it."""
DATES = ("at", "start_at", "created_at", "diagnosed_at", "onset_at")
"""Attributes with the date of a data point, the first one that has a value; else when it was entered."""
Tone = Literal["", "ok", "info", "warn", "bad"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A chip with a note about an entry."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One data point as a list shows it."""

    kind: str
    name: str
    id: str
    date: datetime
    title: str
    source: str
    label: str
    notes: tuple[Note, ...]
    point: DataPoint


def points_of(store: Store, patient: Patient) -> list[DataPoint]:
    """Return all data points of a record, latest date first."""
    points = (point for kind in KINDS.values() for point in store.find(kind, "patient", patient.id))
    return sorted(points, key=date_of, reverse=True)


def source_key(source: Source) -> str:
    """Return the id by which sources are told apart: of the team, else the organisation, else the person."""
    return source.team or source.organisation or source.person or ""


def entry_of(describer: Describer, point: DataPoint, now: datetime) -> Entry:
    source = point.source
    return Entry(
        kind=KIND_OF[type(point)],
        name=tables()[type(point)].name,
        id=point.id,
        date=date_of(point),
        title=describer.title(point),
        source=describer.source(source),
        label=LABELS.get(point.label, point.label),
        notes=tuple(_notes(point, now)),
        point=point,
    )


def date_of(point: DataPoint) -> datetime:
    """Return the date that people read as that of a data point."""
    events = getattr(point, "events", ())
    values = [getattr(point, name, None) for name in DATES] + [event.at for event in events[:1]]
    return next((value for value in values if value is not None), point.entered_at)


def _notes(point: Any, now: datetime) -> Iterator[Note]:
    status = getattr(point, "status", "")
    if getattr(point, "deleted", False):
        yield Note(text="deleted", tone="bad")
    if status in STATUSES:
        yield STATUSES[status]
    released = getattr(point, "released_at", None)
    if released is not None and released > now:
        yield Note(text=f"patient sees it from {released.day} {released:%b %Y}", tone="warn")
    if getattr(point, "versions", ()):
        yield Note(text=f"version {len(point.versions) + 1}")
    if not point.label:
        yield Note(text="no privacy label", tone="warn")


STATUSES = {
    "CANCELLED": Note(text="cancelled", tone="bad"),
    "DNA": Note(text="not attended", tone="bad"),
    "DRAFT": Note(text="draft", tone="warn"),
    "INDRAFT": Note(text="draft", tone="warn"),
    "UNREAD": Note(text="unread", tone="info"),
    "READ": Note(text="read"),
    "COMPLETED": Note(text="answered", tone="ok"),
}
"""Status of a data point → its chip; a usual status has none."""
