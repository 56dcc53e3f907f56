"""ProcedureRequest: a request to a patient to answer a questionnaire.

Source: *Simple Questionnaires API Workflow*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3707928808
"""

from __future__ import annotations

from sandbox.base.clock import instant
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, rendered
from sandbox.fhir.facade.resources.data_point import common_elements, patient_reference, person_reference
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.elements import Json, Unsearched, without_empty
from sandbox.model import Questionnaire, QuestionnaireRequest, QuestionnaireResponse

STATUS = {"ACTIVE": "active", "COMPLETED": "completed"}


class ProcedureRequests(Unsearched):
    """Requests that the caller may see, by id."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        request, sight = viewer.store.find_one(QuestionnaireRequest, id_), Sight.of(viewer)
        return rendered(sight, request, to_stu3) if request and self._shows(sight, request) else None

    def _shows(self, sight: Sight, request: QuestionnaireRequest) -> bool:
        """Return whether the caller may see the request, or an answer to it, which refers to it."""
        if sight.seen([request]):
            return True
        answers = sight.store.find(QuestionnaireResponse, "request", request.id)
        return bool(sight.seen(answers)) and sight.may_come_from(request)


def to_stu3(names: Names, request: QuestionnaireRequest, hidden: bool) -> Json:
    """Render a request as `facade-procedurerequest`."""
    contained: list[Json] = []
    requestor = person_reference(names, request.requestor, request.patient, contained) if request.requestor else None
    identifier = request.identifier
    return without_empty(
        {
            **common_elements(names, "ProcedureRequest", request, contained),
            "identifier": [{"system": identifier.system, "value": identifier.value}] if identifier else [],
            "status": STATUS[request.status],
            "intent": "order",
            "code": {"text": names.get(Questionnaire, request.questionnaire).name},
            "subject": patient_reference(names, request.patient),
            "authoredOn": instant(request.at),
            "requester": {"agent": requestor} if requestor else {},
            "supportingInfo": [{"reference": f"Questionnaire/{request.questionnaire}"}],
        }
    )
