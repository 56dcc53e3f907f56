"""Documents: replaced under their number, read by the patient, deleted.

Source: *Entity: Document*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.data_points.attachments import attach, detach, is_same_file
from sandbox.domain.notifications.audience import notify
from sandbox.domain.notifications.news import News
from sandbox.domain.record import Record, Sender
from sandbox.errors import Conflict
from sandbox.model import Document, Patient

READ, REFERRAL = "READ", "REFERRAL_LETTER"


def file(record: Record, sender: Sender, incoming: Document, attached: tuple[str, str, bytes]) -> None:
    """Store a document. It replaces an earlier one and keeps its data point id; an identical one changes nothing."""
    before = _stored_document(record, incoming.patient, sender, incoming.external_id)
    if before is not None:
        if _as_before(incoming, before) == before and is_same_file(record, before.attachment, *attached):
            return
        incoming = replace(incoming, id=before.id)
        detach(record, before.id)
    attachment = attach(record, incoming.patient, incoming.id, *attached)
    document = replace(incoming, attachment=attachment.id)
    record.store.put(document)
    patient = record.store.get(Patient, document.patient)
    notify(record, patient, news(record, document))


def news(record: Record, document: Document) -> News:
    """Describe the notification of a document; a referral letter also allows a text message."""
    letter = document.type == REFERRAL
    return News.of("document", document, at=document.at, released_at=document.released_at, sms=letter)


def is_opened(record: Record, document: Document) -> bool:
    return document.status == READ


def delete(record: Record, patient: Patient, sender: Sender, number: str) -> bool:
    """Delete a document and its file. Returns whether it existed."""
    before = _stored_document(record, patient.id, sender, number)
    if before is not None:
        detach(record, before.id)
        record.store.delete(before)
    return before is not None


def mark_read(record: Record, document: Document) -> Document:
    """Record that the patient has opened the document. Raises Conflict before its release."""
    if document.released_at and document.released_at > record.now():
        raise Conflict(f"The patient cannot open the document before {document.released_at.isoformat()}")
    if document.status == READ:
        return document
    opened = replace(document, status=READ, read_at=record.now())
    record.store.put(opened)
    return opened


def _stored_document(record: Record, patient: str, sender: Sender, number: str) -> Document | None:
    matches = record.store.find(Document, "external", (patient, sender.organisation.id, number))
    return matches[0] if matches else None


def _as_before(incoming: Document, before: Document) -> Document:
    # Not compared: these differ for each arrival, or change after it (the patient reads the document).
    kept = ("id", "entered_at", "persisted_at", "status", "read_at", "attachment")
    return replace(incoming, **{name: getattr(before, name) for name in kept})
