"""QuestionnaireResponse: a patient's answers.

Source: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, date_time, patient_reference, without_empty
from sandbox.model import Questionnaire, QuestionnaireRequest, QuestionnaireResponse
from sandbox.store import Store


def to_r4(store: Store, response: QuestionnaireResponse) -> Json:
    """Map the answers, with the caller's own identifier of the request, if any."""
    request = store.find_one(QuestionnaireRequest, response.request)
    named = request.identifier if request is not None else None
    questionnaire = store.find_one(Questionnaire, response.questionnaire)
    texts = {question.id: question.text for question in questionnaire.questions} if questionnaire else {}
    return without_empty(
        {
            "resourceType": "QuestionnaireResponse",
            "identifier": {"system": named.system, "value": named.value} if named is not None else {},
            "basedOn": [{"reference": f"ServiceRequest/{request.id}"}] if request is not None else [],
            "questionnaire": f"Questionnaire/{response.questionnaire}" if questionnaire is not None else "",
            "status": "completed",
            "subject": patient_reference(response),
            "authored": date_time(response.at),
            "source": patient_reference(response),
            "item": [
                without_empty(
                    {
                        "linkId": answer.question,
                        "text": texts.get(answer.question, ""),
                        "answer": [{"valueString": value} for value in answer.values],
                    }
                )
                for answer in response.answers
            ],
        }
    )
