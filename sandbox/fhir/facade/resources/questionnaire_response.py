"""QuestionnaireResponse: a patient's answers.

Source: *Simple Questionnaires API Workflow*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3707928808
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sandbox.base.clock import instant
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, matches
from sandbox.fhir.facade.resources.data_point import common_elements, meets_dates, newest_first, patient_reference
from sandbox.fhir.facade.sight import Sight, referred_id
from sandbox.fhir.rendered.elements import Json, Unread, without_empty
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.search.budget import spend_per_row
from sandbox.model import Consent, Patient, Questionnaire, QuestionnaireResponse

INDEXES = (("patient", "patient"), ("based-on", "request"), ("questionnaire", "questionnaire"))
"""Search parameter → its index, the most selective first."""


class QuestionnaireResponses(Unread):
    """Answers, newest first: those of the patients of the caller's organisation, or of the calling patient."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[QuestionnaireResponse]:
        sight = Sight.of(viewer)
        criteria = query.criteria
        if "patient" in criteria and sight.named(criteria) is None:
            return NONE
        authored = criteria.get("authored", ())
        responses = [
            response for response in spend_per_row(_candidates(sight, query)) if meets_dates(response.at, authored)
        ]
        for name, attribute in INDEXES:
            wanted = referred_id(criteria, name)
            responses = [response for response in responses if wanted in (None, getattr(response, attribute))]
        return matches(newest_first(sight.seen(responses), lambda response: response.at), to_stu3)


def to_stu3(names: Names, response: QuestionnaireResponse, hidden: bool) -> Json:
    """Render answers as `facade-questionnaireresponse`; the questions' texts are those of the questionnaire."""
    texts = {question.id: question.text for question in names.get(Questionnaire, response.questionnaire).questions}
    items = [
        {
            "linkId": answer.question,
            "text": texts.get(answer.question, ""),
            "answer": [{"valueString": value} for value in answer.values],
        }
        for answer in response.answers
    ]
    return without_empty(
        {
            **common_elements(names, "QuestionnaireResponse", response, []),
            "basedOn": [{"reference": f"ProcedureRequest/{response.request}"}] if response.request else [],
            "questionnaire": {"reference": f"Questionnaire/{response.questionnaire}"},
            "status": "completed",
            "subject": patient_reference(names, response.patient),
            "authored": instant(response.at),
            "item": [without_empty(item) for item in items],
        }
    )


def _candidates(sight: Sight, query: CheckedQuery) -> Iterable[QuestionnaireResponse]:
    """Find candidates by the first index of the query; else by all visible patients, if they are fewer."""
    store = sight.store
    for name, index in INDEXES:
        wanted = referred_id(query.criteria, name)
        if wanted is not None:
            return store.find(QuestionnaireResponse, index, wanted)
    patients = _patients(sight)
    # Few answers and many patients: to read all answers is faster than to look up each patient.
    if store.count(QuestionnaireResponse) < len(patients):
        return store.all(QuestionnaireResponse)
    supplied = (point for by in _suppliers(sight) for point in store.find(QuestionnaireResponse, "supplied_by", by))
    ids = dict.fromkeys((*patients, *(response.patient for response in supplied)))
    return (response for id_ in ids for response in store.find(QuestionnaireResponse, "patient", id_))


def _suppliers(sight: Sight) -> Collection[str]:
    purview = sight.purview
    return (*purview.teams, purview.person) if purview.person and purview.kind != "patient" else purview.teams


def _patients(sight: Sight) -> Collection[str]:
    """Return the patients that the caller may see: the patient, or those of the organisation or team."""
    purview, store = sight.purview, sight.store
    if purview.kind == "patient":
        return (purview.person or "",)
    if purview.organisation is not None:
        return store.ids(Patient, "organisation", purview.organisation)
    members = [patient.id for team in purview.teams for patient in store.find(Patient, "team", team)]
    held = [consent.patient for holder in purview.grantees for consent in store.find(Consent, "held_by", holder)]
    return dict.fromkeys((*members, *held))
