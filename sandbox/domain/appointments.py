"""Appointments: found by the sender's own id, replaced whole, or amended.

Source: *Entity: Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3729195048
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.record import Record, Sender
from sandbox.model import Appointment, Patient


def known(record: Record, patient: Patient, sender: Sender, external_id: str) -> Appointment | None:
    """The organisation's appointment of a patient with that id."""
    found = record.store.find(Appointment, "external", (patient.id, sender.organisation.id, external_id))
    return found[0] if found else None


def put_in_place(record: Record, before: Appointment | None, new: Appointment) -> None:
    """Stores a new appointment; the earlier one ceases to exist, and with it its data point id."""
    if before is not None:
        record.store.delete(before)
    record.store.put(new)


def amend(record: Record, before: Appointment, sent: dict[str, Any], entered_at: datetime) -> None:
    """Puts attributes over those of an appointment; it keeps its id."""
    record.store.put(replace(before, **sent, entered_at=entered_at, persisted_at=record.now()))
