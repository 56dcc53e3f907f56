"""Requests to answer a questionnaire and their answers, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sandbox.domain import questionnaires
from sandbox.domain.data_points import messages
from sandbox.domain.questionnaires import Asking
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import (
    Contact,
    Message,
    Name,
    Organisation,
    OutboxItem,
    Patient,
    Question,
    Questionnaire,
    QuestionnaireRequest,
    Team,
    User,
)
from tests.domain.small_world import FIRST, MAIN, NOW, RENAL, patient, world

ADA, BRIGHT = "ada@example.org", "bright@example.org"
QUESTIONS = (
    Question(id="t", type="TITLE", text="Title"),
    Question(id="a", type="TEXT", text="How?"),
    Question(id="r", type="RADIO", text="Which?", options=("x", "y")),
    Question(id="c", type="CHECKBOX", text="Which ones?", options=("x", "y")),
)


def questionnaire(**values: Any) -> Questionnaire:
    return Questionnaire(
        **{
            "id": "q-1",
            "organisation": FIRST,
            "name": "Diet",
            "created_at": NOW,
            "updated_at": NOW,
            "questions": QUESTIONS,
            **values,
        }
    )


def able(record: Record, id_: str = "p-1", **values: Any) -> Patient:
    contacts = (Contact(value=ADA, primary=True),)
    return patient(
        record, id_, **{"contacts": contacts, "date_of_birth": date(1980, 1, 1), "registered": True, **values}
    )


def requestor(record: Record) -> User:
    user = User(
        id="u-1",
        legacy_id=1,
        name=Name(given="Bea", family="Bright"),
        email=BRIGHT,
        password="",
        scope="CLINICIAN",
        organisation=FIRST,
    )
    record.store.put(user)
    return user


def ask(record: Record, *patients: Patient, **values: Any) -> list[QuestionnaireRequest]:
    record.store.put(questionnaire())
    asking = Asking(organisation=record.store.get(Organisation, FIRST), **values)
    return questionnaires.ask(record, questionnaire(), patients, asking)


@pytest.mark.parametrize(
    ("status", "teams", "team", "can"),
    [
        ("PUBLISHED", (), None, True),
        ("PUBLISHED", (), MAIN, True),
        ("DRAFT", (), MAIN, False),
        ("PUBLISHED", (MAIN,), MAIN, True),
        ("PUBLISHED", (MAIN,), RENAL, False),
        ("PUBLISHED", (MAIN,), None, False),
    ],
)
def test_a_published_questionnaire_is_sent_by_its_teams(
    status: str, teams: tuple[str, ...], team: str | None, can: bool
):
    assert questionnaires.can_be_sent(questionnaire(status=status, teams=teams), team) is can


@pytest.mark.parametrize(
    ("values", "can"),
    [
        ({}, True),
        ({"registered": False}, True),
        ({"deceased": True}, False),
        ({"contacts": ()}, False),
        ({"name": Name(given="Ada")}, False),
        ({"name": Name(family="Byrne")}, False),
        ({"date_of_birth": None}, False),
    ],
    ids=str,
)
def test_a_patient_can_be_asked_with_an_address_names_and_a_date_of_birth(values: dict[str, Any], can: bool):
    record = world()
    person = able(record, **values)
    assert questionnaires.can_be_asked(person) is can
    assert len(ask(record, person, person)) == can


@pytest.mark.parametrize(("is_on_behalf", "name"), [(False, FIRST), (True, "Bea Bright")])
def test_a_request_comes_with_a_message_from_who_asks(is_on_behalf: bool, name: str):
    record = world()
    user, team = requestor(record), record.store.get(Team, MAIN)
    on_behalf = {"requestor": user, "team": team} if is_on_behalf else {}
    (request,) = ask(record, able(record), **on_behalf)
    message = record.store.get(Message, request.message)
    assert message.content == f"{name} asks you to answer a questionnaire: Diet"
    assert (message.sender, request.requestor) == (("u-1", "u-1") if is_on_behalf else (FIRST, ""))
    assert (request.source.team, request.source.person) == ((MAIN, "u-1") if is_on_behalf else (None, None))
    (mail, _) = record.store.all(OutboxItem)
    assert mail.links == (f"/questionnaires/{request.id}",)
    assert mail.text.endswith(": Diet")


@pytest.mark.parametrize(("email_patient", "reason"), [(True, ""), (False, "organisation-option")])
@pytest.mark.parametrize(("advanced", "channels"), [(False, ["email", "nhs-app"]), (True, ["email", "nhs-app", "sms"])])
def test_an_advanced_questionnaire_may_be_announced_by_text_message(
    email_patient: bool, reason: str, advanced: bool, channels: list[str]
):
    record = world()
    ask(record, able(record), email_patient=email_patient, advanced=advanced)
    items = list(record.store.all(OutboxItem))
    assert ([item.channel for item in items], items[0].suppressed) == (channels, reason)


@pytest.mark.parametrize(("how", "is_opened"), [("", False), ("answered", True), ("read", True), ("no message", False)])
def test_a_request_is_opened_when_it_is_answered_or_its_message_read(how: str, is_opened: bool):
    record = world()
    (request,) = ask(record, able(record))
    message = record.store.get(Message, request.message)
    if how == "answered":
        request = replace(request, status="COMPLETED")
    elif how == "read":
        messages.mark_read(record, message)
    elif how == "no message":
        record.store.delete(message)
    assert questionnaires.is_opened(record, request) is is_opened


GOOD: list[dict[str, tuple[str, ...]]] = [{}, {"c": ()}, {"c": ("y", "x"), "a": ("well",)}, {"r": ("x",)}]
BAD: dict[str, dict[str, tuple[str, ...]]] = {
    "has no question 'n'": {"n": ("x",)},
    "is a title": {"t": ("x",)},
    "Question 'a' accepts one answer": {"a": ("x", "y")},
    "Question 'r' accepts one answer": {"r": ()},
    "Question 'r' accepts each of these at most once: x, y": {"r": ("z",)},
    "Question 'c' accepts each of these at most once: x, y": {"c": ("x", "x")},
}


def answer(record: Record, request: QuestionnaireRequest | None, values: Any, **changes: Any) -> Any:
    return questionnaires.store_answers(
        record, record.store.get(Patient, "p-1"), questionnaire(**changes), request, values
    )


@pytest.mark.parametrize("values", GOOD, ids=str)
def test_answers_are_kept_in_the_order_of_the_questions(values: dict[str, tuple[str, ...]]):
    record = world()
    able(record)
    response = answer(record, None, values)
    order = [question.id for question in QUESTIONS if question.id in values]
    assert [(row.question, row.values) for row in response.answers] == [(id_, values[id_]) for id_ in order]
    assert (response.request, response.source.person) == ("", "p-1")


@pytest.mark.parametrize("text", BAD)
def test_an_answer_must_fit_its_question(text: str):
    record = world()
    able(record)
    with pytest.raises(Invalid, match=text):
        answer(record, None, BAD[text])


@pytest.mark.parametrize(("notify", "is_requested_by"), [(True, True), (False, True), (True, False)])
def test_an_answer_completes_its_request_and_tells_the_requestor_if_wanted(notify: bool, is_requested_by: bool):
    record = world()
    on_behalf = {"requestor": requestor(record)} if is_requested_by else {}
    (request,) = ask(record, able(record), notify_requestor=notify, **on_behalf)
    assert answer(record, request, {}).request == request.id
    assert record.store.get(QuestionnaireRequest, request.id).status == "COMPLETED"
    mailed = [item for item in record.store.all(OutboxItem) if item.to == BRIGHT]
    assert len(mailed) == (notify and is_requested_by)
    assert [item.text for item in mailed] == ["Ada Byrne has answered a questionnaire: Diet"] * len(mailed)
    with pytest.raises(Conflict, match="already been answered"):
        answer(record, record.store.get(QuestionnaireRequest, request.id), {})


def test_a_draft_is_not_answered():
    record = world()
    able(record)
    with pytest.raises(Conflict, match="is a draft"):
        answer(record, None, {}, status="DRAFT")
