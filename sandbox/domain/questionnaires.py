"""Questionnaires: requests to patients, and their answers.

Sources: *Simple Questionnaires API Workflow*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3707928808 ;
*Advanced Questionnaires API Specification*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.domain.data_points import messages
from sandbox.domain.notifications import audience, outbox
from sandbox.domain.notifications.news import News, about_entity
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import (
    Answer,
    BusinessIdentifier,
    Message,
    Organisation,
    Patient,
    Question,
    Questionnaire,
    QuestionnaireRequest,
    QuestionnaireResponse,
    Source,
    Team,
    User,
)

PUBLISHED, COMPLETED = "PUBLISHED", "COMPLETED"
ANSWER = "/questionnaires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The sender of a request. `requestor` is the professional on whose behalf the patient is asked, if any.

    `notify_requestor`: e-mail the requestor about answers. `email_patient`: e-mail the patient. `advanced`: a
    questionnaire about which patients may be sent a text message.
    """

    organisation: Organisation
    team: Team | None = None
    requestor: User | None = None
    notify_requestor: bool = True
    email_patient: bool = True
    identifier: BusinessIdentifier | None = None
    advanced: bool = False

    @property
    def source(self) -> Source:
        team, person = self.team, self.requestor
        return Source(
            organisation=self.organisation.id, team=team.id if team else None, person=person.id if person else None
        )

    @property
    def name(self) -> str:
        return self.requestor.name.display if self.requestor else self.organisation.name


def can_be_sent(questionnaire: Questionnaire, team: str | None) -> bool:
    """Return whether a questionnaire is published and open to the team: without teams of its own, it is open to all."""
    return questionnaire.status == PUBLISHED and (not questionnaire.teams or team in questionnaire.teams)


def can_be_asked(patient: Patient) -> bool:
    """Return whether a patient can be asked: alive, with an e-mail address, both names and a date of birth."""
    name = patient.name
    return not patient.deceased and bool(patient.email and name.given and name.family and patient.date_of_birth)


def ask(
    record: Record, questionnaire: Questionnaire, patients: Iterable[Patient], asking: Asking
) -> list[QuestionnaireRequest]:
    """Create one request for each patient who can be asked, however often listed, with a message and optionally an
    e-mail.
    """
    # By id: a patient who is listed twice is asked once.
    recipients = {patient.id: patient for patient in patients if can_be_asked(patient)}
    with record.store.transaction():
        return [_ask(record, questionnaire, patient, asking) for patient in recipients.values()]


def _ask(record: Record, questionnaire: Questionnaire, patient: Patient, asking: Asking) -> QuestionnaireRequest:
    now, text = record.now(), f"{asking.name} asks you to answer a questionnaire: {questionnaire.name}"
    common: dict[str, Any] = {
        "patient": patient.id,
        "source": asking.source,
        "label": questionnaire.label,
        "entered_at": now,
        "persisted_at": now,
        "at": now,
    }
    message = Message(
        id=record.ids.uuid(),
        conversation=record.ids.uuid(),
        subject=questionnaire.name,
        content=text,
        sender=asking.requestor.id if asking.requestor else asking.organisation.id,
        recipients=(patient.id,),
        **common,
    )
    request = QuestionnaireRequest(
        id=record.ids.uuid(),
        questionnaire=questionnaire.id,
        requestor=asking.requestor.id if asking.requestor else "",
        notify=asking.notify_requestor,
        identifier=asking.identifier,
        message=message.id,
        **common,
    )
    record.store.put(message)
    record.store.put(request)
    announced = replace(news(record, request), sms=asking.advanced, unmailed=not asking.email_patient)
    audience.notify(record, patient, announced)
    return request


def news(record: Record, request: QuestionnaireRequest) -> News:
    """Describe the notification of a request to the patient."""
    name = record.store.get(Questionnaire, request.questionnaire).name
    return News.of("questionnaire", request, title=name, link=f"{ANSWER}/{request.id}")


def is_opened(record: Record, request: QuestionnaireRequest) -> bool:
    """Return whether the patient has answered, or opened the message of the request."""
    message = record.store.find_one(Message, request.message)
    return request.status == COMPLETED or (message is not None and messages.is_opened(record, message))


def store_answers(
    record: Record,
    patient: Patient,
    questionnaire: Questionnaire,
    request: QuestionnaireRequest | None,
    values: Mapping[str, tuple[str, ...]],
    route: str = "",
) -> QuestionnaireResponse:
    """Store a patient's answers, requested or not, and e-mail the requestor if wanted.

    `values` maps ids of questions to values. Raises Invalid for an answer that does not fit, Conflict for a request
    that has been answered or a questionnaire that is not published.
    """
    if questionnaire.status != PUBLISHED:
        raise Conflict("The questionnaire is a draft")
    if request is not None and request.status == COMPLETED:
        raise Conflict("The request has already been answered")
    answers = _answers(questionnaire, values)
    now = record.now()
    response = QuestionnaireResponse(
        id=record.ids.uuid(),
        patient=patient.id,
        source=Source(person=patient.id, route=route),
        label=questionnaire.label,
        entered_at=now,
        persisted_at=now,
        questionnaire=questionnaire.id,
        request=request.id if request else "",
        at=now,
        answers=answers,
    )
    with record.store.transaction():
        record.store.put(response)
        if request is not None:
            _complete(record, replace(request, status=COMPLETED, persisted_at=now), patient, questionnaire)
    return response


def _complete(record: Record, request: QuestionnaireRequest, patient: Patient, questionnaire: Questionnaire) -> None:
    record.store.put(request)
    requestor = record.store.find_one(User, request.requestor)
    if requestor is not None and request.notify:
        text = f"{patient.name.display} has answered a questionnaire: {questionnaire.name}"
        outbox.post(
            record,
            "notification",
            to=requestor.email,
            patient=request.patient,
            organisation=request.source.organisation or "",
            about=about_entity(request),
            text=text,
            link=f"{ANSWER}/{request.id}",
        )


def _answers(questionnaire: Questionnaire, values_by_question: Mapping[str, tuple[str, ...]]) -> tuple[Answer, ...]:
    """Return the answers in the order of the questions, as FHIR requires, not in the order of the request."""
    fitting = {id_: _parse_answer(questionnaire, id_, values) for id_, values in values_by_question.items()}
    return tuple(fitting[question.id] for question in questionnaire.questions if question.id in fitting)


def _parse_answer(questionnaire: Questionnaire, id_: str, values: tuple[str, ...]) -> Answer:
    question = next((candidate for candidate in questionnaire.questions if candidate.id == id_), None)
    if question is None:
        raise Invalid(f"The questionnaire has no question {id_!r}")
    _check_answer(question, values)
    return Answer(question=id_, values=values)


def _check_answer(question: Question, values: tuple[str, ...]) -> None:
    if question.type == "TITLE":
        raise Invalid(f"Question {question.id!r} is a title and cannot be answered")
    if len(values) != 1 and question.type != "CHECKBOX":
        raise Invalid(f"Question {question.id!r} accepts one answer")
    wrong = [value for value in values if question.options and value not in question.options]
    if wrong or len(set(values)) != len(values):
        raise Invalid(f"Question {question.id!r} accepts each of these at most once: {', '.join(question.options)}")
