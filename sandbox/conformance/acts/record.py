"""Acts of the patient and of the organisation: what they enter, decide and set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.conformance.stages import Stage, Undo
from sandbox.domain import configuration, questionnaires
from sandbox.domain.data_points.messages import source_of
from sandbox.domain.patients import review
from sandbox.hl7.receiver import cause_of, principal_of, receive
from sandbox.model import Document, HeldMessage, Organisation, Questionnaire, QuestionnaireRequest, Source
from sandbox.worlds.causes import caused_by

Json = dict[str, Any]


def change_options(stage: Stage, row: Json) -> Undo:
    """Change options of the client's organisation."""
    store = stage.workspace.store
    before = store.get(Organisation, stage.cast.organisation.id)
    store.put(replace(before, options=configuration.options(row, before.options)))
    # The organisation as it is then: other attributes may have changed during the step.
    return lambda: store.put(replace(store.get(Organisation, before.id), options=before.options))


def approve_held(stage: Stage, row: Json) -> None:
    """Approve the held messages of the client that contain a text, as the organisation's administrator would."""
    workspace = stage.workspace
    for held in workspace.store.find(HeldMessage, "outcome", "held"):
        if held.credential == stage.cast.credential.id and row["contains"] in held.text:
            # The cause is the held message, as in an approval by the control API: explanations must name it.
            with workspace.store.transaction(), caused_by(cause_of(held)):
                reply = receive(principal_of(workspace, held), held.text, lambda action: None, decided=True)
                if reply.ack == "AA":
                    review.decide(workspace.record, held, "approved")


def add_documents(stage: Stage, row: Json) -> Undo:
    """Add `count` letters of another organisation to the record, or of the patient in a world with one only."""
    record, patient, own = stage.workspace.record, stage.cast.patient, stage.cast.organisation.id
    other = next((organisation.id for organisation in record.store.all(Organisation) if organisation.id != own), None)
    now = record.now()
    documents = [
        Document(
            id=record.ids.uuid(),
            patient=patient.id,
            source=Source(organisation=other) if other else source_of(patient),
            entered_at=now,
            persisted_at=now,
            type="CLINIC_LETTER",
            title=f"Letter {number}",
            at=now,
        )
        for number in range(1, row["count"] + 1)
    ]
    for document in documents:
        record.store.put(document)

    def remove() -> None:
        for document in documents:
            record.store.delete(document)

    return remove


def answer_questionnaire(stage: Stage, row: Json) -> None:
    """Answer the newest open request for a questionnaire as the patient, or the questionnaire without a request."""
    record, patient = stage.workspace.record, stage.cast.patient
    questionnaire = record.store.get(Questionnaire, row["questionnaire"])
    requests = [
        request
        for request in record.store.find(QuestionnaireRequest, "patient", patient.id)
        if request.questionnaire == questionnaire.id and request.status != questionnaires.COMPLETED
    ]
    question = next((question for question in questionnaire.questions if question.type == "TEXT"), None)
    values = {question.id: (row["text"],)} if question else {}
    newest = requests[-1] if requests else None
    questionnaires.store_answers(record, patient, questionnaire, newest, values)


def add_conditions(stage: Stage, row: Json) -> None:
    """Write `count` resources to the endpoint of a Customer, under ids that begin with `id`."""
    # Not before it is needed: a start imports no FHIR endpoint.
    from sandbox.fhir.base import given_statements
    from sandbox.fhir.mounts import ON_CHANGE
    from sandbox.fhir.resources.drafts import build_draft
    from sandbox.fhir.resources.repository import Repository

    workspace = stage.workspace
    endpoint = next(e for e in stage.cast.organisation.endpoints if e.name == row["endpoint"])
    repository = Repository(
        name=endpoint.name,
        release=endpoint.release,
        workspace=workspace,
        offered=given_statements.offered(workspace.settings.capability_statement, endpoint),
        base="",
        mount="",
        on_change=ON_CHANGE,
    )
    for number in range(1, row["count"] + 1):
        resource = {
            "resourceType": "Condition",
            "id": f"{row['id']}-{number}",
            "subject": {"display": "Synthetic patient"},
            "code": {"text": row["text"]},
        }
        repository.write(build_draft(resource), "PUT")
