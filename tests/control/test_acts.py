"""Acts in PKB's web pages, as control calls: each act, its documented response, and its refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.control.test_openapi import assert_described
from tests.fhir.facade.operations.samples import BRIGHT, IDRIS, RENAL, answered, nhs, patients, post
from tests.support import Client

TOLA, RHYS = "4c86625f-13d7-423c-93e9-d58574a12dec", "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
IDRIS_ID, NOOR = "1a9eca6b-4294-4260-a20c-2a23e852f2a2", "c5df01a4-efc3-421a-8827-6c4aa06cf228"
SAMIRA = "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4"
WELLBEING = "31677ba0-5257-4de0-949c-d5401aa941a4"
GENERAL, MENTAL = "GENERAL_HEALTH", "MENTAL_HEALTH"
PASSWORD = "Letter-by-post-1"


def act(pkb: Client, patient: str, path: str, body: Any = None) -> httpx.Response:
    """An act, whose answer is as the OpenAPI document says."""
    response = pkb.http.post(f"/_sandbox/records/{patient}/{path}", json=body)
    parts = path.split("/")
    described = path if len(parts) == 1 else f"{parts[0]}/{{id}}/{parts[2]}"
    assert_described("POST", f"/records/{{patient}}/{described}", response)
    return response


def done(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def refused(response: httpx.Response, status: int, detail: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == detail


def record(pkb: Client, patient: str) -> Any:
    return pkb.control(f"/records/{patient}")


def team(id_: str) -> dict[str, str]:
    return {"kind": "team", "id": id_}


# --- consents, sharing, freezing ---


def test_a_consent_is_given_changed_and_ended(pkb: Client):
    consent = done(act(pkb, TOLA, "consents", {"grantee": team(WELLBEING), "labels": [MENTAL, GENERAL]}), 201)
    assert (consent["patient"], consent["labels"], consent["discharged"]) == (TOLA, [GENERAL, MENTAL], False)
    changed = done(act(pkb, TOLA, "consents", {"grantee": team(WELLBEING), "labels": [GENERAL]}))
    assert (changed["id"], changed["labels"]) == (consent["id"], [GENERAL])
    discharged = done(act(pkb, TOLA, "consents", {"grantee": team(WELLBEING), "discharged": True}))
    assert (discharged["labels"], discharged["discharged"]) == ([GENERAL], True)
    ended = done(act(pkb, TOLA, "consents", {"grantee": team(WELLBEING), "labels": []}))
    assert (ended["labels"], ended["discharged"]) == ([], True)


@pytest.mark.parametrize("grantee", [{"kind": "professional", "id": BRIGHT}, {"kind": "carer", "id": SAMIRA}])
def test_a_professional_or_a_carer_can_be_consented_to(pkb: Client, grantee: dict[str, str]):
    assert done(act(pkb, TOLA, "consents", {"grantee": grantee, "labels": [GENERAL]}), 201)["grantee"] == grantee


def test_a_consent_shows_on_the_facade(pkb: Client):
    done(act(pkb, TOLA, "consents", {"grantee": team(RENAL), "labels": [MENTAL]}))
    consents = [entry["resource"] for entry in pkb.facade(f"/Consent?patient=Patient/{TOLA}").json()["entry"]]
    (renal,) = [
        consent for consent in consents if consent["actor"][0]["reference"]["reference"] == f"Organization/{RENAL}"
    ]
    assert [exception["securityLabel"][0]["code"] for exception in renal["except"]] == [MENTAL]


def test_sharing_is_disabled_which_removes_the_carers_and_enabled_again(pkb: Client):
    assert done(act(pkb, NOOR, "sharing", {"disabled": True}))["sharing_disabled"] is True
    resource = pkb.facade(f"/Patient/{NOOR}").json()
    assert resource["extension"][0]["valueBoolean"] is True
    entries = pkb.facade(f"/Consent?patient=Patient/{NOOR}").json()["entry"]
    assert all("contained" not in entry["resource"] for entry in entries)
    assert done(act(pkb, NOOR, "sharing", {"disabled": False}))["sharing_disabled"] is False


def test_access_is_frozen_and_the_patient_s_own_calls_are_refused(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    assert done(act(pkb, TOLA, "freeze"))["access_frozen"] is True
    assert pkb.facade(f"/Patient/{TOLA}", client="", headers=headers).status_code == 403
    assert done(act(pkb, TOLA, "freeze", {"frozen": False}))["access_frozen"] is False
    assert pkb.facade(f"/Patient/{TOLA}", client="", headers=headers).status_code == 200


# --- registration ---


def codes(pkb: Client) -> dict[str, str]:
    """The codes of a new invitation of a patient who is not registered."""
    (tokens,) = answered(post(pkb, "/Organization/$generate-invitation-tokens", patients(nhs(IDRIS))))
    return {"code": tokens["code"], "token": tokens["token"]}


def filled(pkb: Client, **changed: str) -> dict[str, str]:
    own = {"date_of_birth": "1975-09-30", "email": "idris.pennant@example.org", "password": PASSWORD}
    return {**codes(pkb), **own, **changed}


def test_a_patient_registers_with_the_codes_of_an_invitation(pkb: Client):
    patient = done(act(pkb, IDRIS_ID, "register", filled(pkb)))
    assert patient["registered"] is True
    assert patient["contacts"] == [{"value": "idris.pennant@example.org", "primary": True, "confirmed": True}]
    assert "password" not in patient
    token = pkb.user_token("idris.pennant@example.org")
    headers = {"Authorization": f"Bearer {token}"}
    assert pkb.facade(f"/Patient/{IDRIS_ID}", client="", organisation=None, headers=headers).status_code == 200


def test_an_earlier_pair_of_codes_stays_good(pkb: Client):
    earlier = codes(pkb)
    assert done(act(pkb, IDRIS_ID, "register", filled(pkb, **earlier)))["registered"] is True


def test_the_codes_of_an_invitation_by_e_mail_register_too(pkb: Client):
    message = (
        "MSH|^~\\&|A|B|PKB|PKB|20270101120000||ADT^A31|m1|P|2.4\rEVN|A31|20270101120000\r"
        f"PID|1||{IDRIS}^^^NHS^NH||Pennant^Idris|||||||^NET^^idris.pennant@example.org\rPV1|1|N\r"
    )
    assert pkb.send(message.replace("|||||||^NET", "||19750930|M|||||^NET")).code == "AA"
    (mail,) = pkb.control("/outbox")["items"]
    query = dict(httpx.URL(mail["links"][0]).params)
    assert mail["kind"] == "invitation"
    patient = done(
        act(
            pkb,
            IDRIS_ID,
            "register",
            {"code": query["t1"], "token": query["t2"], "date_of_birth": "1975-09-30", "password": PASSWORD},
        )
    )
    assert patient["contacts"] == [{"value": query["e"], "primary": True, "confirmed": True}]


CODES = "The invitation code and access code do not match an invitation for this patient"
RULE = "A password needs at least 10 characters, with upper and lower case letters, a digit and a special character"


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"code": "x"}, CODES),
        ({"token": "x"}, CODES),
        ({"date_of_birth": "1975-09-29"}, "The date of birth does not match the record"),
        ({"date_of_birth": "30/09/1975"}, "date_of_birth must be a date, YYYY-MM-DD"),
        ({"password": "short-A1"}, RULE),
        ({"password": "no-capitals-1"}, RULE),
        ({"email": "nobody"}, "email must be an e-mail address"),
        ({"email": "tola.adeyemi@example.org"}, "The address tola.adeyemi@example.org belongs to another person"),
        (
            {"email": "owen.bright@northmoor.example"},
            "The address owen.bright@northmoor.example belongs to another person",
        ),
    ],
    ids=lambda value: next(iter(value.items()))[1] if isinstance(value, dict) else "",
)
def test_a_registration_form_with_an_invalid_field_is_refused(pkb: Client, changed: dict[str, str], detail: str):
    refused(act(pkb, IDRIS_ID, "register", filled(pkb, **changed)), 400, detail)
    assert record(pkb, IDRIS_ID)["patient"]["registered"] is False


def test_the_codes_are_for_one_patient(pkb: Client):
    refused(act(pkb, NOOR, "register", filled(pkb)), 400, CODES)


def test_codes_expire_after_ten_weeks(pkb: Client):
    body = filled(pkb)
    pkb.server.workspaces.default.clock.advance(timedelta(weeks=10))
    refused(act(pkb, IDRIS_ID, "register", body), 409, "The invitation has expired")


def test_a_patient_cannot_register_twice_or_after_death(pkb: Client):
    body = filled(pkb)
    refused(act(pkb, TOLA, "register", body), 409, "The patient is already registered")
    refused(act(pkb, "5003", "register", body), 409, "The patient is deceased")


# --- questionnaires ---

ANSWERS = {"concern": "My tablets", "fluid": "Yes", "symptoms": ["Itching", "Swelling"]}


def open_request(pkb: Client) -> Any:
    (request,) = record(pkb, RHYS)["questionnaire_requests"]
    return request


def test_a_request_is_answered_and_the_requestor_is_mailed(pkb: Client):
    request = open_request(pkb)
    response = done(act(pkb, RHYS, f"questionnaires/{request['id']}/answer", {"answers": ANSWERS}), 201)
    assert (response["request"], response["questionnaire"]) == (request["id"], request["questionnaire"])
    assert response["source"]["person"] == RHYS
    assert response["answers"] == [
        {"question": "concern", "values": ["My tablets"]},
        {"question": "fluid", "values": ["Yes"]},
        {"question": "symptoms", "values": ["Itching", "Swelling"]},
    ]
    assert open_request(pkb)["status"] == "COMPLETED"
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("notification", "owen.bright@northmoor.example")
    again = act(pkb, RHYS, f"questionnaires/{request['id']}/answer", {"answers": ANSWERS})
    refused(again, 409, "The request has already been answered")


def test_a_questionnaire_is_answered_by_its_own_id_asked_or_not(pkb: Client):
    request = open_request(pkb)
    path = f"questionnaires/{request['questionnaire']}/answer"
    first, second = (done(act(pkb, RHYS, path, {"answers": {}}), 201) for _ in range(2))
    assert (first["request"], second["request"]) == (request["id"], "")


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        ({"x": "y"}, "The questionnaire has no question 'x'"),
        ({"about": "y"}, "Question 'about' is a title and cannot be answered"),
        ({"concern": ["a", "b"]}, "Question 'concern' accepts one answer"),
        ({"concern": []}, "Question 'concern' accepts one answer"),
        ({"fluid": "Never"}, "Question 'fluid' accepts each of these at most once: Yes, Most days, No"),
        (
            {"symptoms": ["Itching", "Itching"]},
            "Question 'symptoms' accepts each of these at most once: Swelling, Tiredness, Itching, None of these",
        ),
        ({"concern": 1}, "answers.concern must be text, or a list of texts"),
        ([], "answers must be an object of question ids and answers; an answer is a text or a list of texts"),
    ],
)
def test_an_answer_must_fit_its_question(pkb: Client, answers: Any, detail: str):
    response = pkb.http.post(
        f"/_sandbox/records/{RHYS}/questionnaires/{open_request(pkb)['id']}/answer", json={"answers": answers}
    )
    refused(response, 400, detail)
    assert record(pkb, RHYS)["questionnaire_responses"] == []


def test_a_draft_and_what_is_not_there_cannot_be_answered(pkb: Client):
    northmoor = pkb.control("/world")["organisations"][0]
    draft = next(
        questionnaire["id"] for questionnaire in northmoor["questionnaires"] if questionnaire["status"] == "DRAFT"
    )
    refused(act(pkb, RHYS, f"questionnaires/{draft}/answer", {"answers": {}}), 409, "The questionnaire is a draft")
    other = open_request(pkb)["id"]
    detail = f"{other} is neither a questionnaire nor a request in this record"
    refused(act(pkb, TOLA, f"questionnaires/{other}/answer", {"answers": {}}), 404, detail)


# --- messages ---


def test_a_patient_writes_to_a_professional(pkb: Client):
    body = {"recipients": [BRIGHT, BRIGHT], "subject": "My appointment", "content": "May I come later?"}
    message = done(act(pkb, TOLA, "messages", body), 201)
    assert (message["sender"], message["recipients"], message["status"]) == (TOLA, [BRIGHT], "UNREAD")
    nobody = {"organisation": None, "team": None, "partner": None, "through": None, "text": ""}
    assert message["source"] == {**nobody, "person": TOLA}
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("notification", "owen.bright@northmoor.example")
    read = done(act(pkb, TOLA, f"messages/{message['id']}/read"))
    assert (read["status"], done(act(pkb, TOLA, f"messages/{message['id']}/read"))) == ("READ", read)


def test_a_professional_answers_in_the_conversation(pkb: Client):
    first = record(pkb, TOLA)["messages"][0]
    body = {"sender": BRIGHT, "recipients": [TOLA], "subject": "Re", "conversation": first["conversation"]}
    message = done(act(pkb, TOLA, "messages", {**body, "label": MENTAL, "html": True}), 201)
    assert (message["conversation"], message["label"], message["html"]) == (first["conversation"], MENTAL, True)
    assert message["source"]["team"] == RENAL


def test_a_draft_is_not_delivered(pkb: Client):
    draft = done(act(pkb, TOLA, "messages", {"subject": "Later", "draft": True}), 201)
    assert (draft["status"], draft["recipients"]) == ("DRAFT", [])
    assert pkb.control("/outbox")["items"] == []
    detail = "A draft has not been sent and cannot be opened"
    refused(act(pkb, TOLA, f"messages/{draft['id']}/read"), 409, detail)


def test_a_message_must_go_somewhere(pkb: Client):
    refused(act(pkb, TOLA, "messages", {"subject": "x"}), 400, "A message needs a recipient, unless it is a draft")
    body = {"subject": "x", "recipients": ["y"]}
    refused(act(pkb, TOLA, "messages", body), 400, "y is neither a user nor a patient")
    body = {"subject": "x", "recipients": [BRIGHT], "conversation": "z"}
    refused(act(pkb, TOLA, "messages", body), 400, "This record has no conversation z")
    conversation = record(pkb, RHYS)["messages"][0]["conversation"]
    refused(
        act(pkb, TOLA, "messages", {**body, "conversation": conversation}),
        400,
        f"This record has no conversation {conversation}",
    )


def test_a_message_of_another_record_is_not_opened_here(pkb: Client):
    (message,) = record(pkb, RHYS)["messages"]
    refused(act(pkb, TOLA, f"messages/{message['id']}/read"), 404, "This record has no message with that id")


# --- labels ---


@pytest.mark.parametrize("kind", ["allergies", "messages", "questionnaire_requests"])
def test_relabelling_a_data_point_keeps_its_time(pkb: Client, kind: str):
    point = record(pkb, TOLA)[kind][0]
    changed = done(act(pkb, TOLA, "labels", {"data_point": point["id"], "label": MENTAL}))
    assert changed == {**point, "label": MENTAL}
    assert record(pkb, TOLA)[kind][0] == changed


def test_a_label_is_one_of_four_and_the_data_point_is_the_patient_s(pkb: Client):
    point = record(pkb, TOLA)["allergies"][0]["id"]
    response = act(pkb, TOLA, "labels", {"data_point": point, "label": "x"})
    refused(response, 400, f"label must be one of: {GENERAL}, {MENTAL}, SEXUAL_HEALTH, SOCIAL_CARE")
    body = {"data_point": point, "label": MENTAL}
    refused(act(pkb, RHYS, "labels", body), 404, f"This record has no data point {point}")


# --- every act ---

ACTS = {
    "consents": {"grantee": team(RENAL)},
    "sharing": {"disabled": True},
    "freeze": {},
    "register": {},
    "messages": {"subject": "x"},
    "labels": {},
    "questionnaires/x/answer": {"answers": {}},
    "documents/x/read": {},
    "messages/x/read": {},
}


@pytest.mark.parametrize(("path", "body"), ACTS.items(), ids=ACTS)
def test_an_act_on_an_unknown_patient_is_not_found(pkb: Client, path: str, body: Any):
    assert act(pkb, "nobody", path, body).status_code == 404


@pytest.mark.parametrize(("path", "body"), ACTS.items(), ids=ACTS)
def test_an_act_refuses_unknown_keys(pkb: Client, path: str, body: Any):
    response = act(pkb, TOLA, path, {**body, "colour": "red"})
    assert response.status_code == 400
    assert response.json()["detail"].startswith("Unknown key 'colour'; allowed: ")


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("consents", {}, "grantee must be an object with kind and id"),
        ("consents", {"grantee": {"kind": "x", "id": "y"}}, "kind must be one of: team, professional, carer"),
        ("consents", {"grantee": team("x")}, "The grantee team x does not exist"),
        ("consents", {"grantee": {"kind": "carer", "id": TOLA}}, f"The grantee carer {TOLA} does not exist"),
        (
            "consents",
            {"grantee": team(RENAL), "labels": ["x"]},
            f"labels must be a list of: {GENERAL}, {MENTAL}, SEXUAL_HEALTH, SOCIAL_CARE",
        ),
        ("consents", {"grantee": team(RENAL), "labels": GENERAL}, "labels must be a list of texts"),
        ("consents", {"grantee": team(RENAL), "discharged": "no"}, "discharged must be true or false"),
        ("sharing", {}, "disabled must be true or false"),
        ("freeze", {"frozen": 1}, "frozen must be true or false"),
        ("register", {}, "code must be text"),
        ("messages", {"subject": " "}, "subject must be text"),
        ("labels", {"data_point": 1}, "data_point must be text"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(pkb: Client, path: str, body: Any, detail: str):
    refused(act(pkb, TOLA, path, body), 400, detail)
