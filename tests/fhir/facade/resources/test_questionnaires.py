"""Questionnaires, requests to answer them, and answers.

Sources: *Entity: Consultation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744759809 ; *Simple Questionnaires
API Workflow*, .../3707928808
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import QuestionnaireRequest, User
from tests.fhir.facade.samples import (
    CODES,
    EASTGATE_ID,
    NORTHMOOR_ID,
    OWEN,
    RENAL,
    RHYS,
    SAMIRA,
    STRUCTURE,
    TOLA,
    ask,
    meta,
    search,
    source,
)
from tests.support import EASTGATE, Client, assert_operation_outcome

RENAL_ONE, DRAFT, SEXUAL, DIABETES_ONE = (
    "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f",
    "d1f8a92d-c4b3-4117-8f5d-984c3907564d",
    "94eab94d-f7a1-4776-acb6-f92acab39e15",
    "ea346098-0821-4cff-bd3d-7ee179e3242a",
)
REQUEST, OPEN_REQUEST = "ea13e938-5578-4ab1-bf0b-f999b73c4138", "090f5c94-f41d-46ca-a354-69bea2c03dae"
RESPONSE = "6c916415-9d21-4570-a3f6-0c7d4e0deb1e"
TOLA_REFERENCE = {"reference": f"Patient/{TOLA}", "display": "Ms Tola Adeyemi"}
OWEN_REFERENCE = {"reference": f"Practitioner/{OWEN}", "display": "Dr Owen Bright"}


def test_a_questionnaire_is_returned_with_every_element(pkb: Client):
    assert ask(pkb, f"/Questionnaire/{RENAL_ONE}").json() == {
        "resourceType": "Questionnaire",
        "id": RENAL_ONE,
        "meta": {
            "lastUpdated": "2026-01-02T09:00:00Z",
            "security": [{"system": f"{CODES}/privacy-label", "code": "GENERAL_HEALTH"}],
        },
        "extension": [
            {
                "url": f"{STRUCTURE}/publisher-reference",
                "valueReference": {"reference": f"Organization/{NORTHMOOR_ID}", "display": "Northmoor NHS Trust"},
            }
        ],
        "title": "Renal clinic check-in",
        "status": "active",
        "date": "2026-01-02T09:00:00Z",
        "item": [
            {"linkId": "about", "text": "Before your appointment", "type": "display"},
            {"linkId": "concern", "text": "What would you like to talk about?", "type": "text"},
            {
                "linkId": "fluid",
                "text": "Have you kept to your fluid allowance?",
                "type": "choice",
                "option": [{"valueString": "Yes"}, {"valueString": "Most days"}, {"valueString": "No"}],
            },
            {
                "linkId": "symptoms",
                "text": "Which of these have you noticed?",
                "type": "choice",
                "repeats": True,
                "option": [
                    *({"valueString": "Swelling"}, {"valueString": "Tiredness"}),
                    *({"valueString": "Itching"}, {"valueString": "None of these"}),
                ],
            },
        ],
    }


def ids(pkb: Client, path: str, user: str = "", organisation: str = "Northmoor NHS Trust") -> list[str]:
    return [match["id"] for match in search(pkb, path, user, organisation)]


def test_each_caller_sees_the_questionnaires_of_permitted_organisations(pkb: Client):
    assert ids(pkb, "/Questionnaire") == [SEXUAL, RENAL_ONE]
    assert ids(pkb, "/Questionnaire", organisation=EASTGATE) == [DIABETES_ONE]
    assert ids(pkb, "/Questionnaire", OWEN) == [RENAL_ONE]
    assert ids(pkb, "/Questionnaire", TOLA) == ids(pkb, "/Questionnaire", RHYS) == [RENAL_ONE]
    assert ids(pkb, "/Questionnaire", SAMIRA) == []


def test_a_professional_without_a_team_has_what_is_for_every_team(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(User, OWEN), team=None))
    assert ids(pkb, "/Questionnaire", OWEN) == [RENAL_ONE]


def test_the_publisher_narrows(pkb: Client):
    assert ids(pkb, f"/Questionnaire?publisher-reference=Organization/{NORTHMOOR_ID}") == [SEXUAL, RENAL_ONE]
    assert ids(pkb, f"/Questionnaire?publisher-reference={EASTGATE_ID}") == []


@pytest.mark.parametrize(
    ("id_", "user"), [(DRAFT, ""), (DIABETES_ONE, ""), (SEXUAL, OWEN), (RENAL_ONE, SAMIRA), ("x", "")]
)
def test_a_questionnaire_of_another_caller_is_not_known(pkb: Client, id_: str, user: str):
    response = ask(pkb, f"/Questionnaire/{id_}", user)
    assert_operation_outcome(response, 404, "not-found", f"Resource Questionnaire/{id_} is not known")


def test_a_request_is_returned_with_every_element(pkb: Client):
    assert ask(pkb, f"/ProcedureRequest/{REQUEST}").json() == {
        "resourceType": "ProcedureRequest",
        "id": REQUEST,
        "meta": meta("2026-01-10T10:00:00Z", source(NORTHMOOR_ID, RENAL, ("source-person", OWEN_REFERENCE))),
        "identifier": [{"system": "https://letterbox.example/campaign", "value": "RENAL-2026-01"}],
        "status": "completed",
        "intent": "order",
        "code": {"text": "Renal clinic check-in"},
        "subject": TOLA_REFERENCE,
        "authoredOn": "2026-01-10T10:00:00Z",
        "requester": {"agent": OWEN_REFERENCE},
        "supportingInfo": [{"reference": f"Questionnaire/{RENAL_ONE}"}],
    }


def test_a_pending_request_is_active_and_may_have_no_requester(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(QuestionnaireRequest, OPEN_REQUEST), requestor=""))
    request = ask(pkb, f"/ProcedureRequest/{OPEN_REQUEST}").json()
    assert request["status"] == "active"
    assert request.keys().isdisjoint({"identifier", "requester"})


def test_each_caller_reads_the_permitted_requests(pkb: Client):
    statuses = {user: ask(pkb, f"/ProcedureRequest/{OPEN_REQUEST}", user).status_code for user in (RHYS, OWEN, TOLA)}
    assert statuses == {RHYS: 200, OWEN: 200, TOLA: 404}
    assert ask(pkb, f"/ProcedureRequest/{REQUEST}", organisation=EASTGATE).status_code == 404


def test_an_answer_is_returned_with_every_element(pkb: Client):
    (response,) = search(pkb, "/QuestionnaireResponse")
    person = {"url": f"{STRUCTURE}/source-person", "valueReference": TOLA_REFERENCE}
    assert response == {
        "resourceType": "QuestionnaireResponse",
        "id": RESPONSE,
        "meta": meta("2026-01-11T19:30:00Z", [person]),
        "basedOn": [{"reference": f"ProcedureRequest/{REQUEST}"}],
        "questionnaire": {"reference": f"Questionnaire/{RENAL_ONE}"},
        "status": "completed",
        "subject": TOLA_REFERENCE,
        "authored": "2026-01-11T19:30:00Z",
        "item": [
            {
                "linkId": "concern",
                "text": "What would you like to talk about?",
                "answer": [{"valueString": "My new tablets"}],
            },
            {
                "linkId": "fluid",
                "text": "Have you kept to your fluid allowance?",
                "answer": [{"valueString": "Most days"}],
            },
            {
                "linkId": "symptoms",
                "text": "Which of these have you noticed?",
                "answer": [{"valueString": "Swelling"}, {"valueString": "Tiredness"}],
            },
        ],
    }


def test_answers_stand_in_the_order_of_the_questions(pkb: Client):
    answers = {"answers": {"symptoms": ["Tiredness"], "fluid": "Yes", "concern": "Sleep"}}
    posted = pkb.http.post(f"/_sandbox/records/{RHYS}/questionnaires/{OPEN_REQUEST}/answer", json=answers)
    assert posted.status_code == 201
    (response,) = search(pkb, f"/QuestionnaireResponse?based-on={OPEN_REQUEST}")
    assert [item["linkId"] for item in response["item"]] == ["concern", "fluid", "symptoms"]


NARROWED = {
    f"patient={TOLA}": 1,
    f"patient={RHYS}": 0,
    f"based-on=ProcedureRequest/{REQUEST}": 1,
    f"based-on:ProcedureRequest={OPEN_REQUEST}": 0,
    f"questionnaire=Questionnaire/{RENAL_ONE}": 1,
    f"questionnaire={SEXUAL}": 0,
    f"patient={TOLA}&based-on={REQUEST}&questionnaire={RENAL_ONE}": 1,
    f"patient={TOLA}&questionnaire={SEXUAL}": 0,
    "authored=2026-01-11": 1,
    "authored=gt2026-01-11": 0,
    "authored=ge2026-01-01&authored=le2026-01-31": 1,
}


@pytest.mark.parametrize(("query", "count"), NARROWED.items())
def test_answers_are_found_by_any_of_the_parameters_and_all_must_match(pkb: Client, query: str, count: int):
    assert len(search(pkb, f"/QuestionnaireResponse?{query}")) == count


def test_each_caller_sees_the_permitted_answers(pkb: Client):
    assert ids(pkb, "/QuestionnaireResponse", TOLA) == [RESPONSE]
    assert ids(pkb, "/QuestionnaireResponse", RHYS) == []
    assert ids(pkb, f"/QuestionnaireResponse?based-on={REQUEST}", RHYS) == []
    assert ids(pkb, "/QuestionnaireResponse", OWEN) == [RESPONSE]
    assert ids(pkb, "/QuestionnaireResponse", organisation=EASTGATE) == []


INCLUDES = {
    "QuestionnaireResponse:basedOn:ProcedureRequest": ["ProcedureRequest"],
    "QuestionnaireResponse:subject:Patient": ["Patient"],
}


@pytest.mark.parametrize(("include", "types"), INCLUDES.items())
def test_an_include_adds_what_the_matches_refer_to(pkb: Client, include: str, types: list[str]):
    bundle = ask(pkb, f"/QuestionnaireResponse?_include={include}").json()
    assert bundle["total"] == 1
    assert [e["search"]["mode"] for e in bundle["entry"]] == ["match", "include"]
    assert [e["resource"]["resourceType"] for e in bundle["entry"]][1:] == types
    added = bundle["entry"][1]
    assert added["fullUrl"].endswith(f"/fhir/{types[0]}/{added['resource']['id']}")


def test_both_includes_and_only_for_what_is_on_the_page(pkb: Client):
    both = "&".join(f"_include={include}" for include in INCLUDES)
    bundle = ask(pkb, f"/QuestionnaireResponse?{both}&_include=QuestionnaireResponse:subject:Patient").json()
    assert [e["resource"]["resourceType"] for e in bundle["entry"]] == [
        *("QuestionnaireResponse", "ProcedureRequest", "Patient")
    ]
    assert "entry" not in ask(pkb, f"/QuestionnaireResponse?{both}&authored=2020").json()
    assert "entry" not in ask(pkb, f"/QuestionnaireResponse?{both}&_count=1&_getpages=p1").json()
