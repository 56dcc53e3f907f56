"""Laboratory results: stored under their report, corrected as versions, deleted as a whole.

Sources: *Entity: Lab Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145 ; *FAQs - Pathology*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3991405648
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandbox.base.pauses import with_pauses
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.notifications.news import about_entity
from sandbox.domain.record import Record, Sender
from sandbox.model import Code, LabReport, LabResult, Patient

UNSAID = ("id", "entered_at", "persisted_at", "versions", "deleted")
"""Attributes that do not make two results different."""
SAID = tuple(name for name in LabResult.__dataclass_fields__ if name not in UNSAID)


def test_of(code: Code) -> tuple[str, str, str]:
    """Return the key of a test: code and system, compared exactly. A test without a code is identified by its text.

    The text of one test and the code of another are different keys, even if they read the same.
    """
    return code.code, "" if code.code else code.text, code.system


def report(record: Record, patient: Patient, sender: Sender, incoming: LabReport) -> LabReport:
    """Create or update the report with a filler order number, and return it."""
    stored = _stored_report(record, patient, sender, incoming.external_id)
    frame = replace(incoming, id=stored.id) if stored else incoming
    if stored is None or replace(frame, entered_at=stored.entered_at, persisted_at=stored.persisted_at) != stored:
        record.store.put(frame)
    return frame


def file(record: Record, frame: LabReport, results: Sequence[LabResult]) -> None:
    """Add results. A result that differs from the stored one of its test replaces it and keeps it as a version."""
    stored = {
        test_of(earlier.code): earlier
        for earlier in record.store.find(LabResult, "report", frame.id)
        if not earlier.deleted
    }
    news: LabResult | None = None
    for result in with_pauses(results):
        before = stored.get(test_of(result.code))
        if before is None:
            record.store.put(result)
            news = news or result
        elif any(getattr(before, name) != getattr(result, name) for name in SAID):
            # A version has no versions of its own, because otherwise each correction would double the stored data.
            versions = (*before.versions, replace(before, versions=()))
            record.store.put(replace(result, id=before.id, versions=versions))
            news = news or result
    if news:
        notify_of(record, "result", news, about=about_entity(frame))


def delete(record: Record, patient: Patient, sender: Sender, order_number: str) -> int:
    """Mark all results of a filler order number as deleted: stored for audit, but not shown. Returns their number."""
    frame = _stored_report(record, patient, sender, order_number)
    stored = record.store.find(LabResult, "report", frame.id) if frame else []
    current = [result for result in stored if not result.deleted]
    for result in with_pauses(current):
        record.store.put(replace(result, deleted=True, persisted_at=record.now()))
    return len(current)


def _stored_report(record: Record, patient: Patient, sender: Sender, order_number: str) -> LabReport | None:
    matches = record.store.find(LabReport, "external", (patient.id, sender.organisation.id, order_number))
    return matches[0] if matches else None
