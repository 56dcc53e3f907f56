"""Care plans: a plan that is sent again replaces the one with its number and keeps it as a version; people can write
plans too.

Source: *FAQs - Care Plan Feed*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3890315366
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.domain.data_points import entry
from sandbox.domain.data_points.attachments import attach, is_same_file
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Attachment, CarePlan, Patient, Source

HTML, DRAFT = "text/html", "INDRAFT"


def file(record: Record, sender: Sender, care_plan: CarePlan, attached: tuple[str, str, bytes]) -> None:
    """Store a care plan. A changed plan keeps its id and creation time; its earlier content becomes a version."""
    matches = record.store.find(
        CarePlan, "external", (care_plan.patient, sender.organisation.id, care_plan.external_id)
    )
    if matches:
        before = matches[0]
        care_plan = replace(care_plan, id=before.id, created_at=before.created_at)
        if _as_before(care_plan, before) == before and is_same_file(record, before.attachment, *attached):
            return
        # A version has no versions of its own, because otherwise each correction would double the stored data.
        care_plan = replace(care_plan, versions=(*before.versions, replace(before, versions=())))
    plan = replace(care_plan, attachment=attach(record, care_plan.patient, care_plan.id, *attached).id)
    record.store.put(plan)
    _notify(record, plan)


def _as_before(care_plan: CarePlan, before: CarePlan) -> CarePlan:
    kept = ("entered_at", "persisted_at", "attachment", "versions")
    return replace(care_plan, **{name: getattr(before, name) for name in kept})


def write_care_plan(
    record: Record, patient: Patient, source: Source, label: str, values: dict[str, Any], action_plan: str
) -> CarePlan:
    """Store a care plan that a person writes: `values` are its attributes, `action_plan` is HTML, stored as its
    attachment.
    """
    now = record.now()
    times = {"created_at": now, "last_edited_at": now}
    plan = entry.enter(record, CarePlan, patient, source, label, {**times, **values})
    if action_plan:
        attached = attach(record, patient.id, plan.id, "action-plan.html", HTML, action_plan.encode())
        plan = replace(plan, attachment=attached.id)
        record.store.put(plan)
    _notify(record, plan)
    return plan


def _notify(record: Record, plan: CarePlan) -> None:
    """Notify people of a plan unless it is a draft."""
    if plan.status != DRAFT:
        notify_of(record, "plan", plan)


def action_plan(record: Record, plan: CarePlan) -> str | None:
    """Return the action plan as HTML; None if it is missing or a PDF."""
    attached = record.store.find_one(Attachment, plan.attachment)
    return attached.content.decode("utf-8", "replace") if attached and attached.media_type == HTML else None
