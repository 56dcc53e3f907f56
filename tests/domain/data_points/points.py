"""Data points of one patient and one organisation, for the tests of how they are stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sandbox.domain.record import Record
from sandbox.model import (
    Contact,
    Document,
    OutboxItem,
    Patient,
    Source,
)
from tests.domain.small_world import FIRST, NOW, patient, world

PDF, OTHER_PDF = ("a.pdf", "application/pdf", b"%PDF-1"), ("a.pdf", "application/pdf", b"%PDF-2")
PAGE = ("a.html", "text/html", "<p>Grüße</p>".encode())
LATER = NOW + timedelta(days=1)
COMMON: dict[str, Any] = {
    "patient": "p-1",
    "source": Source(organisation=FIRST),
    "external_id": "x-1",
    "entered_at": NOW,
    "persisted_at": NOW,
}


def record_of(**values: Any) -> Record:
    """A world with a registered patient who has an address."""
    record = world()
    patient(record, contacts=(Contact(value="ada@example.org", primary=True),), registered=True, **values)
    return record


def mails(record: Record) -> int:
    return sum(item.channel == "email" and not item.suppressed for item in record.store.all(OutboxItem))


def ada(record: Record) -> Patient:
    return record.store.get(Patient, "p-1")


def document(id_: str, **values: Any) -> Document:
    return Document(id=id_, **{**COMMON, "type": "CLINIC_LETTER", "title": "T", "at": NOW, **values})
