"""Radiology reports: replaced under their filler order number, with their files.

Source: *Entity: Radiology Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186945
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandbox.domain.data_points.attachments import attach, detach, is_same_file
from sandbox.domain.data_points.entry import content_of
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Patient, RadiologyReport

File = tuple[str, str, bytes]
"""Name, media type and content."""


def file(record: Record, patient: Patient, sender: Sender, incoming: RadiologyReport, files: Sequence[File]) -> None:
    """Store a report. It replaces an earlier one and keeps its data point id."""
    before = _stored_report(record, patient, sender, incoming.external_id)
    unchanged = before is not None and _is_as_before(record, before, incoming, files)
    if before is not None:
        incoming = replace(incoming, id=before.id)
        detach(record, before.id)
    attached = tuple(attach(record, patient.id, incoming.id, *attachment).id for attachment in files)
    stored = replace(incoming, attachments=attached)
    record.store.put(stored)
    if not unchanged:
        notify_of(record, "result", stored)


def _is_as_before(record: Record, before: RadiologyReport, incoming: RadiologyReport, files: Sequence[File]) -> bool:
    alike = content_of(replace(incoming, attachments=before.attachments)) == content_of(before)
    paired = zip(before.attachments, files, strict=False)
    return (
        alike
        and len(files) == len(before.attachments)
        and all(is_same_file(record, id_, *attachment) for id_, attachment in paired)
    )


def delete(record: Record, patient: Patient, sender: Sender, order_number: str) -> bool:
    """Mark a report as deleted. Returns whether it existed."""
    before = _stored_report(record, patient, sender, order_number)
    if before is not None:
        record.store.put(replace(before, deleted=True, persisted_at=record.now()))
    return before is not None


def _stored_report(record: Record, patient: Patient, sender: Sender, order_number: str) -> RadiologyReport | None:
    matches = record.store.find(RadiologyReport, "external", (patient.id, sender.organisation.id, order_number))
    # A report that is sent after a deletion is a new one; the deleted one is kept for audit.
    return next((report for report in matches if not report.deleted), None)
