"""Reminders on the next morning of an unopened document, message or questionnaire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.domain import questionnaires
from sandbox.domain.data_points import documents, messages
from sandbox.domain.notifications import audience
from sandbox.domain.notifications.news import News
from sandbox.domain.record import Record
from sandbox.model import Document, Message, Patient, QuestionnaireRequest

KINDS: Mapping[str, tuple[type[Any], Callable[[Record, Any], News], Callable[[Record, Any], bool]]] = {
    "document": (Document, documents.news, documents.is_opened),
    "message": (Message, messages.news, messages.is_opened),
    "questionnaire_request": (QuestionnaireRequest, questionnaires.news, questionnaires.is_opened),
}
"""Kind of item → its entity, its notification, and whether it has been opened."""


def remind(record: Record, subject: str) -> str:
    """Remind of `<kind>/<id>`, unless it no longer exists."""
    kind, _, id_ = subject.partition("/")
    entity, news, is_opened = KINDS[kind]
    point = record.store.find_one(entity, id_)
    # Deleted since the reminder was scheduled.
    if point is None:
        return ""
    patient = record.store.get(Patient, point.patient)
    mailed = audience.remind(record, patient, news(record, point), opened=is_opened(record, point))
    return f"Reminder to {', '.join(mailed)}: unopened {kind.replace('_', ' ')} {id_}" if mailed else ""
