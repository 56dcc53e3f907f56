"""Acts that bring data: messages of the organisation, and what the patient enters and answers."""

from __future__ import annotations

from typing import Any

from sandbox.conformance.acts import record as staging
from sandbox.domain import questionnaires
from sandbox.domain.data_points import documents, readings
from sandbox.domain.data_points.labels import GENERAL
from sandbox.domain.data_points.measurement_types import types_of
from sandbox.domain.data_points.messages import source_of
from sandbox.domain.data_points.readings import MeasurementReading
from sandbox.domain.questionnaires import Asking
from sandbox.errors import Conflict, Invalid
from sandbox.model import Appointment, Document, LabReport, LabResult, Questionnaire, QuestionnaireResponse
from sandbox.pact import messages
from sandbox.pact.scene import StateScene

Json = dict[str, Any]
KINDS = {"appointment": Appointment, "lab report": LabReport, "document": Document}


def send_message(scene: StateScene, row: Json) -> Json:
    """Send a message of `messages.toml` about the patient. Raises Conflict, also for a patient without NHS number."""
    if not scene.values["nhs_number"]:
        raise Conflict(f"The patient {scene.patient.id} has no NHS number, by which HL7 messages find them")
    messages.send_message(scene.workspace, scene.organisation, row["message"], scene.values)
    return {}


def find_point(scene: StateScene, row: Json) -> Json:
    """Return the id of the data point of a message. Raises Conflict if PKB holds the message for review."""
    key = (scene.patient.id, scene.organisation.id, scene.values[row["by"]])
    point = next(iter(scene.workspace.store.find(KINDS[row["kind"]], "external", key)), None)
    if point is None:
        raise Conflict(f"PKB has not stored the {row['kind']}: it holds the message for review")
    return {row["as"]: point.id}


def find_result(scene: StateScene, _: Json) -> Json:
    """Return the id of the result in the report."""
    results = scene.workspace.store.find(LabResult, "patient", scene.patient.id)
    return {"result_id": next(result.id for result in results if result.report == scene.values["report_id"])}


def read_document(scene: StateScene, _: Json) -> Json:
    """Open the document as the patient."""
    record = scene.workspace.record
    documents.mark_read(record, record.store.get(Document, scene.values["document_id"]))
    return {}


def enter_measurement(scene: StateScene, _: Json) -> Json:
    """Enter a measurement as the patient."""
    record, values, patient = scene.workspace.record, scene.values, scene.patient
    types = types_of(record.store).by_ref
    if values["type"] not in types:
        raise Invalid(f"params.type must be one of: {', '.join(types)}")
    reading = MeasurementReading(
        type=types[values["type"]],
        at=values.get("at", record.now()),
        value=values["value"],
        value2=values.get("value2"),
    )
    return {"measurement_id": readings.enter(record, patient, source_of(patient), GENERAL, reading).id}


def ask_questionnaire(scene: StateScene, _: Json) -> Json:
    """Ask the patient to answer a questionnaire. Raises Conflict if they cannot be asked, or there is none."""
    record = scene.workspace.record
    questionnaire = record.store.find_one(Questionnaire, _questionnaire_id(scene))
    if questionnaire is None:
        raise Invalid("params.questionnaire must be the id of a questionnaire")
    if not questionnaires.can_be_sent(questionnaire, scene.organisation.default_team):
        raise Conflict("The questionnaire is a draft, or for other teams")
    requests = questionnaires.ask(record, questionnaire, [scene.patient], Asking(organisation=scene.organisation))
    if not requests:
        raise Conflict(
            "The patient cannot be asked: alive, with an e-mail address, both names and a date of birth are needed"
        )
    return {"questionnaire_id": questionnaire.id, "request_id": requests[0].id}


def _questionnaire_id(scene: StateScene) -> str:
    id_ = scene.values.get("questionnaire", scene.values.get("questionnaire_id"))
    if id_ is None:
        raise Conflict(f"{scene.organisation.name} has no published questionnaire, which this state needs")
    return str(id_)


def answer_questionnaire(scene: StateScene, _: Json) -> Json:
    """Answer the request as the patient."""
    values = scene.values
    staging.answer_questionnaire(scene.stage, {"questionnaire": values["questionnaire_id"], "text": values["text"]})
    responses = scene.workspace.store.find(QuestionnaireResponse, "patient", scene.patient.id)
    return {"response_id": next(r.id for r in responses if r.request == values["request_id"])}
