"""Questionnaire: published by an organisation; PKB's data model calls it a consultation.

Source: *Entity: Consultation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744759809
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.base.clock import instant
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.resources.data_point import PRIVACY_LABEL
from sandbox.fhir.facade.sight import Sight, referred_id
from sandbox.fhir.rendered.elements import STRUCTURE, Json, reference, without_empty
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.model import (
    Organisation,
    Question,
    Questionnaire,
    QuestionnaireRequest,
    QuestionnaireResponse,
)

PUBLISHED = "PUBLISHED"
TYPES = {"TITLE": "display", "TEXT": "text", "RADIO": "choice", "CHECKBOX": "choice"}
REPEATED = "CHECKBOX"


class Questionnaires:
    """Published questionnaires of the caller's organisation; for patients, those that they were asked to answer or
    have answered.
    """

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        questionnaire, sight = viewer.store.find_one(Questionnaire, id_), Sight.of(viewer)
        if questionnaire is None:
            return None
        # facade.questionnaire: who sees a request or response can read its questionnaire, open or not.
        is_open = any(published.id == id_ for published in _open(sight)) or _is_referred_to(sight, questionnaire)
        return to_stu3(viewer, questionnaire) if is_open else None

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Questionnaire]:
        publisher = referred_id(query.criteria, "publisher-reference")
        questionnaires = [row for row in _open(Sight.of(viewer)) if publisher in (None, row.organisation)]
        questionnaires.sort(key=lambda row: (row.created_at, row.id), reverse=True)
        return Matches(questionnaires, _view)


def _view(viewer: Viewer) -> Callable[[Questionnaire], Json | None]:
    open_ids = {questionnaire.id for questionnaire in _open(Sight.of(viewer))}
    return lambda questionnaire: to_stu3(viewer, questionnaire) if questionnaire.id in open_ids else None


def to_stu3(viewer: Viewer, questionnaire: Questionnaire) -> Json:
    """Render a questionnaire as `facade-questionnaire`."""
    publisher = viewer.store.get(Organisation, questionnaire.organisation)
    named = reference("Organization", publisher.id, publisher.name)
    return without_empty(
        {
            "resourceType": "Questionnaire",
            "id": questionnaire.id,
            "meta": {
                "lastUpdated": instant(questionnaire.updated_at),
                "security": [{"system": PRIVACY_LABEL, "code": questionnaire.label}],
            },
            "extension": [{"url": f"{STRUCTURE}/publisher-reference", "valueReference": named}],
            "title": questionnaire.name,
            "status": "active",
            "date": instant(questionnaire.created_at),
            "item": [_item(question) for question in questionnaire.questions],
        }
    )


def _item(question: Question) -> Json:
    return without_empty(
        {
            "linkId": question.id,
            "text": question.text,
            "type": TYPES[question.type],
            "repeats": True if question.type == REPEATED else None,
            "option": [{"valueString": option} for option in question.options],
        }
    )


def _open(sight: Sight) -> list[Questionnaire]:
    """Return the visible questionnaires, each once; drafts are never visible."""
    questionnaires = _asked_of(sight) if sight.purview.kind == "patient" else _of_organisation(sight)
    return [questionnaire for questionnaire in questionnaires if questionnaire.status == PUBLISHED]


def _is_referred_to(sight: Sight, questionnaire: Questionnaire) -> bool:
    """Return whether a visible request or answer refers to it."""
    points = (
        point
        for kind in (QuestionnaireRequest, QuestionnaireResponse)
        for point in sight.store.find(kind, "questionnaire", questionnaire.id)
    )
    return any(sight.still_sees(point) for point in points)


def _asked_of(sight: Sight) -> list[Questionnaire]:
    store, patient = sight.store, sight.purview.person
    requested = [request.questionnaire for request in store.find(QuestionnaireRequest, "patient", patient)]
    answered = [response.questionnaire for response in store.find(QuestionnaireResponse, "patient", patient)]
    return [store.get(Questionnaire, id_) for id_ in dict.fromkeys((*requested, *answered))]


def _of_organisation(sight: Sight) -> list[Questionnaire]:
    """Return the organisation's questionnaires for the caller: one without teams is open to the whole organisation."""
    purview = sight.purview
    return [
        questionnaire
        for questionnaire in sight.store.find(Questionnaire, "organisation", purview.own)
        if purview.organisation is not None
        or not questionnaire.teams
        or not purview.teams.isdisjoint(questionnaire.teams)
    ]
