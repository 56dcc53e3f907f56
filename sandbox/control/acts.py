"""Control calls for what people do in PKB's web pages: `POST /records/{patient}/<act>`."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse

from sandbox.control import fields
from sandbox.control.record_view import as_json
from sandbox.control.records import patient_of
from sandbox.domain import consents, questionnaires
from sandbox.domain.data_points import documents, kinds, labels, messages
from sandbox.domain.data_points.messages import Correspondent, Letter
from sandbox.domain.patients import accounts, registration
from sandbox.domain.patients.registration import Application
from sandbox.errors import Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import (
    Consent,
    DataPoint,
    Document,
    Grantee,
    Message,
    Patient,
    Questionnaire,
    QuestionnaireRequest,
    User,
)
from sandbox.model.organisation import LABELS
from sandbox.model.patient import ALL_NOTIFICATIONS, TIME_SENSITIVE
from sandbox.store import Store


def _consent(call: Call) -> Any:
    """Answer 201 with a new consent record, 200 with a changed one."""
    patient = patient_of(call)
    payload = body(call, ("grantee", "labels", "discharged", "kept"))
    grantee = _grantee(payload.get("grantee"))
    existing = call.workspace.store.find(Consent, "grantee", (patient.id, grantee.id))
    # None leaves a part of an existing consent as it is; an empty list of labels takes all of them away.
    chosen = fields.some_of(payload, "labels", LABELS) if "labels" in payload else None
    discharged = fields.flag(payload, "discharged") if "discharged" in payload else None
    kept = fields.flag(payload, "kept") if "kept" in payload else None
    consent = consents.consent_to(call.workspace.record, patient, grantee, chosen, discharged, kept=kept)
    return JSONResponse(as_json(consent), 200 if existing else 201)


def _grantee(payload: Any) -> Grantee:
    if not isinstance(payload, dict) or set(payload) != {"kind", "id"}:
        raise Invalid("grantee must be an object with kind and id")
    return Grantee(kind=fields.one_of(payload, "kind", consents.GRANTEES), id=fields.text(payload, "id"))


def _sharing(call: Call) -> Any:
    patient = patient_of(call)
    disabled = fields.flag(body(call, ("disabled",)), "disabled")
    return as_json(consents.set_sharing(call.workspace.record, patient, disabled=disabled))


def _freeze(call: Call) -> Any:
    patient = patient_of(call)
    frozen = fields.flag(body(call, ("frozen",)), "frozen", True)
    return as_json(consents.set_frozen(call.workspace.record, patient, frozen=frozen))


def _register(call: Call) -> Any:
    patient = patient_of(call)
    payload = body(call, ("code", "token", "date_of_birth", "email", "password"))
    filled = Application(
        code=fields.text(payload, "code"),
        access_code=fields.text(payload, "token"),
        date_of_birth=fields.day(payload, "date_of_birth"),
        email=fields.text(payload, "email", patient.email or None),
        password=fields.text(payload, "password"),
    )
    return as_json(registration.register(call.workspace.record, patient, filled))


def _set_preference(call: Call) -> Any:
    """Set the patient's notification preference."""
    patient, preferences = patient_of(call), (ALL_NOTIFICATIONS, TIME_SENSITIVE)
    chosen = fields.one_of(body(call, ("preference",)), "preference", preferences)
    return as_json(accounts.set_notifications(call.workspace.record, patient, chosen))


def _read_document(call: Call) -> Any:
    """Open a document as the patient."""
    return as_json(documents.mark_read(call.workspace.record, _entity_of_record(call, Document)))


def _read_message(call: Call) -> Any:
    """Open a message as a recipient."""
    return as_json(messages.mark_read(call.workspace.record, _entity_of_record(call, Message)))


def _entity_of_record(call: Call, kind: type[Any]) -> Any:
    """Return the entity in the path, which must be in this record. The call has no body."""
    body(call, ())
    patient = patient_of(call)
    point = call.workspace.store.find_one(kind, call.params["id"])
    if point is None or point.patient != patient.id:
        raise NotFound(f"This record has no {kind.__name__.lower()} with that id")
    return point


def _answer_questionnaire(call: Call) -> Any:
    """Answer a questionnaire as the patient: a request, or the oldest open request for the questionnaire, if any."""
    patient, store = patient_of(call), call.workspace.store
    payload = body(call, ("answers", "route"))
    answer_by_question = payload.get("answers")
    if not isinstance(answer_by_question, dict):
        raise Invalid("answers must be an object of question ids and answers; an answer is a text or a list of texts")
    answers = {id_: _values(id_, value) for id_, value in answer_by_question.items()}
    questionnaire, request = _asked(store, patient, call.params["id"])
    route = route_of(call, patient, payload)
    return as_json(questionnaires.store_answers(call.workspace.record, patient, questionnaire, request, answers, route))


def _values(id_: str, value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) and text for text in values):
        raise Invalid(f"answers.{id_} must be text, or a list of texts")
    return tuple(values)


def _asked(store: Store, patient: Patient, id_: str) -> tuple[Questionnaire, QuestionnaireRequest | None]:
    request = store.find_one(QuestionnaireRequest, id_)
    if request is not None and request.patient == patient.id:
        return store.get(Questionnaire, request.questionnaire), request
    questionnaire = store.find_one(Questionnaire, id_)
    if questionnaire is None:
        raise NotFound(f"{id_} is neither a questionnaire nor a request in this record")
    own = [
        candidate
        for candidate in store.find(QuestionnaireRequest, "patient", patient.id)
        if candidate.questionnaire == id_
    ]
    # The oldest open request: the store returns a patient's requests in the order in which they came.
    return questionnaire, next((candidate for candidate in own if candidate.status != questionnaires.COMPLETED), None)


def _write(call: Call) -> Any:
    """Write a message about the patient, from the patient or another person."""
    patient, store = patient_of(call), call.workspace.store
    payload = body(
        call, ("sender", "recipients", "subject", "content", "html", "conversation", "label", "draft", "route")
    )
    letter = Letter(
        subject=fields.text(payload, "subject"),
        content=fields.text(payload, "content", ""),
        html=fields.flag(payload, "html", False),
        conversation=fields.text(payload, "conversation", ""),
        label=fields.one_of(payload, "label", LABELS, messages.GENERAL),
    )
    sender = person_of(store, fields.text(payload, "sender", patient.id))
    recipients = [person_of(store, id_) for id_ in dict.fromkeys(fields.texts(payload, "recipients"))]
    draft = fields.flag(payload, "draft", False)
    route = route_of(call, sender, payload)
    return as_json(
        messages.write_message(call.workspace.record, patient, sender, recipients, letter, draft=draft, route=route)
    )


WEB_ROUTES = ("WEBAPP", "WEBAPP_OTP", "WEBAPP_NHS_APP", "WEBAPP_SYSTMONE_PORTAL", "WEBAPP_EMIS_PORTAL")


def route_of(call: Call, author: Correspondent, payload: dict[str, Any]) -> str:
    """Return the access route of entered data: the specified one, else the one by which the person last signed in.

    It is empty for plain web pages, the default.
    """
    came_by = call.workspace.sessions.web_route(author.id, call.workspace.clock.now())
    route = fields.one_of(payload, "route", WEB_ROUTES, came_by)
    return "" if route == "WEBAPP" else route


def person_of(store: Store, id_: str) -> Correspondent:
    person = store.find_one(User, id_) or store.find_one(Patient, id_)
    if person is None:
        raise Invalid(f"{id_} is neither a user nor a patient")
    return person


def _relabel(call: Call) -> Any:
    patient = patient_of(call)
    payload = body(call, ("data_point", "label"))
    id_, label = fields.text(payload, "data_point"), fields.one_of(payload, "label", LABELS)
    # A label of a Customer's resource is chosen by its `Type/id`; a data point has a plain id.
    if "/" in id_:
        return as_json(labels.relabel_copy(call.workspace.record, patient, id_, label))
    return as_json(labels.relabel(call.workspace.record, _point(call.workspace.store, patient, id_), label))


def _point(store: Store, patient: Patient, id_: str) -> DataPoint:
    for kind in kinds.KINDS.values():
        point: DataPoint | None = store.find_one(kind, id_)
        if point is not None and point.patient == patient.id:
            return point
    raise NotFound(f"This record has no data point {id_}")


RECORD = "/records/{patient}"
OPERATIONS = (
    ControlOperation("POST", f"{RECORD}/consents", "Creates, changes or ends a consent", _consent),
    ControlOperation("POST", f"{RECORD}/sharing", "Disables or enables sharing", _sharing),
    ControlOperation("POST", f"{RECORD}/freeze", "Freezes or unfreezes the patient's own access", _freeze),
    ControlOperation("POST", f"{RECORD}/register", "Registers the patient with the codes of an invitation", _register),
    ControlOperation("POST", f"{RECORD}/notifications", "Sets the patient's notification preference", _set_preference),
    ControlOperation("POST", f"{RECORD}/documents/{{id}}/read", "Opens a document as the patient", _read_document),
    ControlOperation(
        "POST",
        f"{RECORD}/questionnaires/{{id}}/answer",
        "Answers a questionnaire as the patient",
        _answer_questionnaire,
        201,
    ),
    ControlOperation("POST", f"{RECORD}/messages", "Writes a message about the patient", _write, 201),
    ControlOperation("POST", f"{RECORD}/messages/{{id}}/read", "Opens a message as a recipient", _read_message),
    ControlOperation("POST", f"{RECORD}/labels", "Changes the privacy label of a data point", _relabel),
)
