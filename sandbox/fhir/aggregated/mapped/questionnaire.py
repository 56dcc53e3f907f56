"""Questionnaire: a consultation in PKB's data model.

Source: *Entity: Consultation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744759809
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, date_time, without_empty
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.model import Questionnaire
from sandbox.model.questionnaire import Question
from sandbox.store import Store

TYPES = {"TITLE": "display", "TEXT": "text", "RADIO": "choice", "CHECKBOX": "choice"}
STATUSES = {"DRAFT": "draft", "PUBLISHED": "active"}


def to_r4(store: Store, questionnaire: Questionnaire) -> Json:
    publisher = {"reference": f"Organization/{questionnaire.organisation}"}
    return without_empty(
        {
            "resourceType": "Questionnaire",
            "extension": [{"url": f"{STRUCTURE}/publisher-reference", "valueReference": publisher}],
            "title": questionnaire.name,
            "status": STATUSES[questionnaire.status],
            "subjectType": ["Patient"],
            "date": date_time(questionnaire.created_at),
            "item": [_item(question) for question in questionnaire.questions],
        }
    )


def _item(question: Question) -> Json:
    return without_empty(
        {
            "linkId": question.id,
            "text": question.text,
            "type": TYPES[question.type],
            "repeats": True if question.type == "CHECKBOX" else None,
            "answerOption": [{"valueString": option} for option in question.options],
        }
    )
