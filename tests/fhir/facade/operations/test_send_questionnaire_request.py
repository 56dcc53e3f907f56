"""`Questionnaire/[id]/$send-questionnaire-request`: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3707928808"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from sandbox.model import Name, Patient
from tests.fhir.facade.operations.samples import (
    BRIGHT,
    BSN,
    DIABETES,
    IDRIS,
    MARCHETTI,
    RENAL,
    TOLA,
    Json,
    answered,
    nhs,
    parameters,
    post,
)
from tests.support import EASTGATE, Client, assert_operation_outcome

TOLA_ID, RHYS_ID = "4c86625f-13d7-423c-93e9-d58574a12dec", "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
GETHIN_ID = "7851058b-23ad-41e3-ba47-a022f1e3560d"
BY_BRIGHT = ("requestor", {"valueReference": {"reference": f"Practitioner/{BRIGHT}"}})


def named(pkb: Client, name: str) -> str:
    rows = [
        questionnaire
        for organisation in pkb.control("/world")["organisations"]
        for questionnaire in organisation["questionnaires"]
    ]
    return next(questionnaire["id"] for questionnaire in rows if questionnaire["name"] == name)


def target(reference: str = "", **identifier: str) -> tuple[str, Json]:
    return "target", {"valueReference": {"reference": reference} if reference else {"identifier": identifier}}


def flag(code: str) -> tuple[str, Json]:
    return "notificationFlag", {"valueCode": code}


def send(pkb: Client, *parts: tuple[str, Json], name: str = "Renal clinic check-in", **more: Any) -> httpx.Response:
    path = f"/Questionnaire/{named(pkb, name)}/$send-questionnaire-request"
    return post(pkb, path, parameters(*parts), **more)


def requests(pkb: Client, patient: str) -> list[Json]:
    """The requests of a record that were not there at first."""
    all_requests: list[Json] = pkb.control(f"/records/{patient}")["questionnaire_requests"]
    return [request for request in all_requests if not request["at"].startswith("2026-01")]


def test_a_patient_gets_a_request_a_message_and_a_mail(pkb: Client):
    campaign = {"system": "https://letterbox.example/campaign", "value": "7"}
    parts = (BY_BRIGHT, target(f"Patient/{TOLA_ID}"), ("additionalIdentifier", {"valueIdentifier": campaign}))
    response = send(pkb, *parts)
    (request,) = requests(pkb, TOLA_ID)
    assert answered(response) == [
        {"name": "request", "value": {"reference": f"ProcedureRequest/{request['id']}"}},
    ]
    assert response.headers["pkb-sandbox-cell"] == "partner.facade.read_clinical"
    assert (request["status"], request["requestor"], request["identifier"]) == ("ACTIVE", BRIGHT, campaign)
    assert request["source"]["team"] == RENAL
    message = pkb.control(f"/records/{TOLA_ID}")["messages"][-1]
    assert (message["id"], message["sender"], message["recipients"]) == (request["message"], BRIGHT, [TOLA_ID])
    assert (message["subject"], message["status"]) == ("Renal clinic check-in", "UNREAD")
    mail, push = pkb.control("/outbox")["items"]
    assert (mail["channel"], push["channel"], push["to"]) == ("email", "nhs-app", TOLA_ID)
    assert mail["exchange"] == push["exchange"] == response.headers["pkb-sandbox-exchange"]
    assert mail["about"] == {"kind": "questionnaire_request", "id": request["id"]}
    assert (mail["kind"], mail["to"], mail["patient"]) == ("notification", "tola.adeyemi@example.org", TOLA_ID)
    assert mail["links"] == [f"{pkb.server.base_url}/questionnaires/{request['id']}"]


@pytest.mark.parametrize(
    ("parts", "mails"), [([], 1), ([flag("EMAIL_NOTIFICATION_ENABLED")], 1), ([flag("EMAIL_NOTIFICATION_DISABLED")], 0)]
)
def test_the_flag_says_whether_the_requestor_is_mailed_about_the_answer(
    pkb: Client, parts: list[tuple[str, Json]], mails: int
):
    send(pkb, BY_BRIGHT, target(f"Patient/{TOLA_ID}"), *parts)
    (request,) = requests(pkb, TOLA_ID)
    path = f"/_sandbox/records/{TOLA_ID}/questionnaires/{request['id']}/answer"
    assert pkb.http.post(path, json={"answers": {}}).status_code == 201
    to_bright = [item for item in pkb.control("/outbox")["items"] if item["to"] == "owen.bright@northmoor.example"]
    assert len(to_bright) == mails


def test_a_patient_named_twice_is_asked_once(pkb: Client):
    twice = (target(f"Patient/{TOLA_ID}"), target(**nhs(TOLA)), target(f"Patient/{RHYS_ID}"))
    assert len(answered(send(pkb, BY_BRIGHT, *twice))) == 2
    assert (len(requests(pkb, TOLA_ID)), len(requests(pkb, RHYS_ID))) == (1, 1)


def test_a_team_is_all_its_patients(pkb: Client):
    assert len(answered(send(pkb, BY_BRIGHT, target(f"Organization/{RENAL}")))) == 3
    assert [len(requests(pkb, patient)) for patient in (TOLA_ID, RHYS_ID, GETHIN_ID)] == [1, 1, 1]


@pytest.mark.parametrize(
    "lacks",
    [
        {"contacts": ()},
        {"name": Name(family="Adeyemi")},
        {"name": Name(given="Tola")},
        {"date_of_birth": None},
        {"deceased": True},
    ],
    ids=["e-mail", "given name", "family name", "date of birth", "life"],
)
def test_a_patient_who_cannot_be_asked_is_left_out(pkb: Client, lacks: dict[str, Any]):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, TOLA_ID), **lacks))
    response = send(pkb, BY_BRIGHT, target(f"Patient/{TOLA_ID}"))
    assert response.json() == {"resourceType": "Parameters"}
    assert pkb.control("/outbox")["items"] == []


def test_patients_whom_the_caller_may_not_know_of_are_left_out(pkb: Client):
    aoife = pkb.patient("Consents to one of her two teams")["id"]
    assert answered(send(pkb, BY_BRIGHT, target(f"Patient/{aoife}"), target("Patient/1"), target(**nhs(IDRIS)))) == []


def test_a_questionnaire_of_one_team_is_sent_by_that_team(pkb: Client):
    robin = target(f"Patient/{pkb.patient('sexual health')['id']}")
    name = "Sexual health history"
    response = send(pkb, BY_BRIGHT, robin, name=name)
    text = "requestor: the team of this professional may not use the questionnaire"
    assert_operation_outcome(response, 400, "invalid", text)
    by_marchetti = ("requestor", {"valueReference": {"reference": f"Practitioner/{MARCHETTI}"}})
    assert len(answered(send(pkb, by_marchetti, robin, name=name))) == 1


@pytest.mark.parametrize("name", ["Transplant readiness", "Diabetes annual review"])
def test_a_draft_and_a_questionnaire_of_others_do_not_exist_for_the_caller(pkb: Client, name: str):
    response = send(pkb, BY_BRIGHT, target(f"Patient/{TOLA_ID}"), name=name)
    id_ = named(pkb, name)
    assert_operation_outcome(response, 404, "not-found", f"Resource Questionnaire/{id_} is not known")


def test_a_team_s_grant_is_for_that_team(pkb: Client):
    kurian = "b5e463a9-7520-4006-b699-237421670139"
    lindqvist = "7a8bdf04-4c51-4c95-97ae-692d37d8074a"
    options = {"name": "Diabetes annual review", "organisation": EASTGATE}

    def by(id_: str) -> tuple[str, Json]:
        return "requestor", {"valueReference": {"reference": f"Practitioner/{id_}"}}

    assert len(answered(send(pkb, by(kurian), target(f"Organization/{DIABETES}"), **options))) == 1
    text = "requestor: the Practitioner does not exist in the organisation that you act for"
    response = send(pkb, by(lindqvist), target(f"Organization/{DIABETES}"), **options)
    assert_operation_outcome(response, 400, "invalid", text)


TO_TOLA = target(f"Patient/{TOLA_ID}")
WRONG: dict[str, tuple[list[tuple[str, Json]], str, str]] = {
    "no requestor": ([TO_TOLA], "required", "requestor is missing"),
    "no target": ([BY_BRIGHT], "required", "target is missing"),
    "two requestors": ([BY_BRIGHT, BY_BRIGHT, TO_TOLA], "too-costly", "requestor: at most 1 may be given, 2 were"),
    "501 targets": ([BY_BRIGHT, *[TO_TOLA] * 501], "too-costly", "target: at most 500 may be given, 501 were"),
    "unknown requestor": (
        [("requestor", {"valueReference": {"reference": "Practitioner/1"}}), TO_TOLA],
        "invalid",
        "requestor: the Practitioner does not exist in the organisation that you act for",
    ),
    "requestor of another type": (
        [("requestor", {"valueReference": {"reference": f"Patient/{TOLA_ID}"}}), TO_TOLA],
        "invalid",
        "requestor: must be a reference to Practitioner/<id>",
    ),
    "requestor by display": (
        [("requestor", {"valueReference": {"display": "Dr Bright"}}), TO_TOLA],
        "invalid",
        "requestor: must be a reference to Practitioner/<id>",
    ),
    "target of another type": (
        [BY_BRIGHT, target("Group/1")],
        "invalid",
        "target: must be a reference to Patient/<id> or Organization/<id>",
    ),
    "absolute target": (
        [BY_BRIGHT, target(f"http://x/Patient/{TOLA_ID}")],
        "invalid",
        "target: must be a reference to Patient/<id> or Organization/<id>",
    ),
    "target of nothing": (
        [BY_BRIGHT, ("target", {"valueReference": {"display": "x"}})],
        "invalid",
        "target: a reference needs a reference or an identifier",
    ),
    "patients and a team": (
        [BY_BRIGHT, TO_TOLA, target(f"Organization/{RENAL}")],
        "invalid",
        "target must be patients, or exactly one Organization that is a team",
    ),
    "two teams": (
        [BY_BRIGHT, target(f"Organization/{RENAL}"), target(f"Organization/{RENAL}")],
        "invalid",
        "target must be patients, or exactly one Organization that is a team",
    ),
    "team of others": (
        [BY_BRIGHT, target(f"Organization/{DIABETES}")],
        "invalid",
        "target: the team does not exist in the organisation that you act for",
    ),
    "unsupported system": (
        [BY_BRIGHT, target(system="urn:x", value="1")],
        "not-supported",
        "Identifier system urn:x is not supported",
    ),
    "identifier without value": ([BY_BRIGHT, target(system=BSN)], "exception", "Identifier without value"),
    "flag that is no text": (
        [BY_BRIGHT, TO_TOLA, ("notificationFlag", {"valueCode": True})],
        "invalid",
        "notificationFlag: valueCode must be text",
    ),
    "unknown flag": (
        [BY_BRIGHT, TO_TOLA, flag("x")],
        "invalid",
        "notificationFlag: must be EMAIL_NOTIFICATION_ENABLED or EMAIL_NOTIFICATION_DISABLED",
    ),
    "business identifier without system": (
        [BY_BRIGHT, TO_TOLA, ("additionalIdentifier", {"valueIdentifier": {"value": "7"}})],
        "exception",
        "Identifier without system",
    ),
}


@pytest.mark.parametrize(("parts", "code", "text"), WRONG.values(), ids=WRONG)
def test_a_request_that_is_wrong_changes_nothing(pkb: Client, parts: list[tuple[str, Json]], code: str, text: str):
    assert_operation_outcome(send(pkb, *parts), 400, code, text)
    assert requests(pkb, TOLA_ID) == []
    assert pkb.control("/outbox")["items"] == []
