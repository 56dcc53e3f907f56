"""Appointments: identified by the sender's own id, replaced as a whole or amended.

Source: *Entity: Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3729195048
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.data_points.entry import content_of
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Appointment, Patient


def find_appointment(record: Record, patient: Patient, sender: Sender, external_id: str) -> Appointment | None:
    """Return the organisation's appointment of a patient with the sender's id."""
    matches = record.store.find(Appointment, "external", (patient.id, sender.organisation.id, external_id))
    return matches[0] if matches else None


def put_in_place(record: Record, before: Appointment | None, new: Appointment) -> None:
    """Store an appointment; an earlier one with another data point id is removed. New or changed appointments are
    notified.
    """
    if before is not None and before.id != new.id:
        record.store.delete(before)
    record.store.put(new)
    # An unchanged appointment that is sent again is no news.
    if before is None or content_of(new) != content_of(before):
        notify_of(record, "appointment", new, at=new.start_at, url=new.management_url)


def amend(record: Record, before: Appointment, attributes: dict[str, Any], entered_at: datetime) -> None:
    """Replace attributes of an appointment, which keeps its id."""
    put_in_place(record, before, replace(before, **attributes, entered_at=entered_at, persisted_at=record.now()))
