"""ServiceRequest: a request to a patient to answer a questionnaire.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, date_time, patient_reference, without_empty
from sandbox.model import Questionnaire, QuestionnaireRequest, User
from sandbox.store import Store

STATUSES = {"ACTIVE": "active", "COMPLETED": "completed"}


def to_r4(store: Store, request: QuestionnaireRequest) -> Json:
    questionnaire = store.find_one(Questionnaire, request.questionnaire)
    requestor = store.find_one(User, request.requestor)
    named = request.identifier
    return without_empty(
        {
            "resourceType": "ServiceRequest",
            "identifier": [{"system": named.system, "value": named.value}] if named is not None else [],
            "status": STATUSES[request.status],
            "intent": "order",
            "code": {"text": questionnaire.name} if questionnaire is not None else {},
            "subject": patient_reference(request),
            "authoredOn": date_time(request.at),
            "requester": {"reference": f"Practitioner/{requestor.id}"} if requestor is not None else {},
            "supportingInfo": [{"reference": f"Questionnaire/{questionnaire.id}"}] if questionnaire is not None else [],
        }
    )
