"""Documents: replaced whole under their number, read by the patient, deleted.

Source: *Entity: Document*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.data_points.attachments import attach, detach, holds
from sandbox.domain.notifications.audience import News, notify
from sandbox.domain.record import Record, Sender
from sandbox.errors import Conflict
from sandbox.model import Document, Patient

READ, REFERRAL = "READ", "REFERRAL_LETTER"


def file(record: Record, sender: Sender, incoming: Document, attached: tuple[str, str, bytes]) -> None:
    """Stores a document in place of an earlier one, whose data point id it keeps; the same again changes nothing."""
    before = _known(record, incoming.patient, sender, incoming.external_id)
    if before is not None:
        if _as_before(incoming, before) == before and holds(record, before.attachment, *attached):
            return
        incoming = replace(incoming, id=before.id)
        detach(record, before.id)
    attachment = attach(record, incoming.patient, incoming.id, *attached)
    document = replace(incoming, attachment=attachment.id)
    record.store.put(document)
    patient = record.store.get(Patient, document.patient)
    notify(record, patient, news(record, document))


def news(record: Record, document: Document) -> News:
    """What people are notified of; a referral letter by text message too."""
    letter = document.type == REFERRAL
    return News.of("document", document, at=document.at, released_at=document.released_at, sms=letter)


def is_opened(record: Record, document: Document) -> bool:
    return document.status == READ


def delete(record: Record, patient: Patient, sender: Sender, number: str) -> bool:
    """Deletes a document and its file; an unknown one is nothing to delete. Returns whether it was there."""
    before = _known(record, patient.id, sender, number)
    if before is not None:
        detach(record, before.id)
        record.store.delete(before)
    return before is not None


def read(record: Record, document: Document) -> Document:
    """The patient has opened the document. Raises Conflict while its content is still held back."""
    if document.released_at and document.released_at > record.now():
        raise Conflict(f"The patient cannot open the document before {document.released_at.isoformat()}")
    if document.status == READ:
        return document
    opened = replace(document, status=READ, read_at=record.now())
    record.store.put(opened)
    return opened


def _known(record: Record, patient: str, sender: Sender, number: str) -> Document | None:
    matches = record.store.find(Document, "external", (patient, sender.organisation.id, number))
    return matches[0] if matches else None


def _as_before(incoming: Document, before: Document) -> Document:
    kept = ("id", "entered_at", "persisted_at", "status", "read_at", "attachment")
    return replace(incoming, **{name: getattr(before, name) for name in kept})
