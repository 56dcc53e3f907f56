"""Care plans: replaced whole under their number, the earlier content kept as versions.

Source: *FAQs - Care Plan Feed*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3890315366
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.attachments import attach, holds
from sandbox.domain.record import Record, Sender
from sandbox.model import CarePlan


def file(record: Record, sender: Sender, sent: CarePlan, attached: tuple[str, str, bytes]) -> None:
    """Stores a care plan; a known one keeps its id and first time, and becomes a version. The same again: nothing."""
    found = record.store.find(CarePlan, "external", (sent.patient, sender.organisation.id, sent.external_id))
    if found:
        before = found[0]
        sent = replace(sent, id=before.id, created_at=before.created_at)
        if _as_before(sent, before) == before and holds(record, before.attachment, *attached):
            return
        sent = replace(sent, versions=(*before.versions, replace(before, versions=())))
    record.store.put(replace(sent, attachment=attach(record, sent.patient, sent.id, *attached).id))


def _as_before(sent: CarePlan, before: CarePlan) -> CarePlan:
    kept = ("entered_at", "persisted_at", "attachment", "versions")
    return replace(sent, **{name: getattr(before, name) for name in kept})
