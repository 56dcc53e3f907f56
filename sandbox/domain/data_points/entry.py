"""Data points that people enter one at a time; for data from systems see `filing` and `measurements`.

Sources: *Entity: Medication*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3738402817 ; *Entity: Allergy*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3736141825
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import Allergy, DataPoint, Diagnosis, Measurement, Medication, Patient, Source

D = TypeVar("D", bound=DataPoint)
_NEVER = datetime.min.replace(tzinfo=UTC)
EVENTS: dict[type[DataPoint], str] = {
    Allergy: "allergy",
    Diagnosis: "diagnosis",
    Medication: "medication",
    Measurement: "measurement",
}
"""Kind of entry → its notification."""


def enter(record: Record, kind: type[D], patient: Patient, source: Source, label: str, values: dict[str, Any]) -> D:
    """Store a new entry of a kind; `values` are its attributes. Raises Invalid as `change` does."""
    now = record.now()
    point: dict[str, Any] = {"patient": patient.id, "source": source, "label": label}
    entry = kind(id=record.ids.uuid(), entered_at=now, persisted_at=now, **point, **values)
    _check_dates(entry)
    _store(record, entry)
    return entry


def change(record: Record, before: D, label: str, values: dict[str, Any]) -> D:
    """Replace the content of an entry, which keeps its id, source and time of entry.

    Raises Invalid for a medication that ends before it starts.
    """
    entry = replace(before, label=label, persisted_at=record.now(), **values)
    _check_dates(entry)
    if content_of(entry) != content_of(before):
        _store(record, entry)
    # Stored without a notification: unchanged data that is sent again is not news (notifications.unsaid).
    else:
        record.store.put(entry)
    return entry


def _store(record: Record, entry: DataPoint) -> None:
    record.store.put(entry)
    if type(entry) in EVENTS:
        notify_of(record, EVENTS[type(entry)], entry)


def content_of(point: D) -> D:
    """Return a data point without id and times, to compare its content."""
    return replace(point, id="", entered_at=_NEVER, persisted_at=_NEVER)


def is_active(medication: Medication, now: datetime) -> bool:
    """Return whether the medication is current: it has not ended."""
    return medication.end_at is None or medication.end_at > now


def _check_dates(entry: DataPoint) -> None:
    if isinstance(entry, Medication) and entry.start_at and entry.end_at and entry.end_at < entry.start_at:
        raise Invalid(
            "A medication cannot end before it starts",
            rule="entry.medication-dates",
            instead="an end date on or after the start date",
        )
