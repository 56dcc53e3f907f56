"""The two operations of Aggregated: questionnaires are sent, and carers are listed.

Sources: *Advanced Questionnaires API Specification*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4474372098 ; *Extract Carers for a Patient*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4960288844
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.fhir.aggregated.support import NHS, PUBLIC_ID, RHYS, TOLA, Aggregated, by, extension
from tests.hl7.samples import message, pid
from tests.journeys.test_notifications import MAILED, PUSHED, outbox, outcomes
from tests.support import Client

Json = dict[str, Any]
RENAL, SEXUAL = "b1fca6de-884d-4803-b760-ebd7f8cac475", "6384e0b3-7b55-4bcb-91f1-20682cc85dc0"
NOOR, SAMIRA = "9991006850", "Samira"
NOBODY = "9990000018"
NO_EMAIL, EASTGATES = "9991002758", "9991015078"
CHECK_IN, SEXUAL_HEALTH, DRAFT = "Renal clinic check-in", "Sexual health history", "Transplant readiness"


def questionnaire(pkb: Client, title: str) -> str:
    (questionnaire,) = [
        questionnaire for questionnaire in Aggregated(pkb).search("/Questionnaire") if questionnaire["title"] == title
    ]
    identity: str = questionnaire["id"]
    return identity


def numbered(number: str) -> Json:
    return {"name": "target", "valueReference": {"identifier": {"system": NHS, "value": number}}}


def send(
    pkb: Client, *parameters: Json, id_: str = "", team: str = RENAL, client: str = "northmoor-fhir"
) -> httpx.Response:
    path = f"/Questionnaire/{id_ or questionnaire(pkb, CHECK_IN)}/$send-questionnaire-request"
    body = {"resourceType": "Parameters", "parameter": list(parameters)}
    return Aggregated(pkb, client).ask(path, "POST", json=body, headers={"x-team-id": team})


def requests(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["resourceType"] == "Parameters"
    assert {parameter["name"] for parameter in body.get("parameter", ())} <= {"request"}
    return [parameter["valueReference"]["reference"] for parameter in body.get("parameter", ())]


def mails(pkb: Client) -> list[str]:
    return [item["to"] for item in pkb.control("/outbox?kind=notification&channel=email")["items"]]


def test_a_request_is_a_service_request_and_a_mail(pkb: Client):
    aggregated = Aggregated(pkb)
    identifier = {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:campaign", "value": "7"}}
    (reference,) = requests(send(pkb, numbered(TOLA), identifier))
    request = aggregated.ask(f"/{reference}").json()
    assert request["status"] == "active"
    assert request["identifier"] == [{"system": "urn:campaign", "value": "7"}]
    assert extension(request, "access-route")["code"] == "FHIR_API"
    assert request["supportingInfo"] == [{"reference": f"Questionnaire/{questionnaire(pkb, CHECK_IN)}"}]
    assert aggregated.search("/ServiceRequest?identifier=urn:campaign%7C7") == [request]
    assert mails(pkb) == ["tola.adeyemi@example.org"]


def test_the_answer_to_a_call_that_made_no_request_has_no_empty_list(pkb: Client):
    assert send(pkb, numbered(NOBODY)).json() == {"resourceType": "Parameters"}


def test_the_answer_is_found_by_the_caller_s_identifier(pkb: Client):
    aggregated = Aggregated(pkb)
    identifier = {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:campaign", "value": "8"}}
    (reference,) = requests(send(pkb, numbered(TOLA), identifier))
    record = pkb.control(f"/records/{TOLA}")
    open_ = next(
        questionnaire_request["id"]
        for questionnaire_request in record["questionnaire_requests"]
        if questionnaire_request["status"] == "ACTIVE"
    )
    answers = {"answers": {"concern": "My tablets"}}
    assert pkb.http.post(f"/_sandbox/records/{TOLA}/questionnaires/{open_}/answer", json=answers).status_code == 201
    (answered,) = aggregated.search("/QuestionnaireResponse?identifier=urn:campaign%7C8")
    assert answered["basedOn"] == [{"reference": reference}]
    assert answered["item"][0]["answer"] == [{"valueString": "My tablets"}]
    assert aggregated.search("/QuestionnaireResponse?based-on:ServiceRequest.identifier=urn:campaign%7C8") == [answered]
    assert aggregated.ask(f"/{reference}").json()["status"] == "completed"


def test_a_patient_named_twice_gets_one_request(pkb: Client):
    (patient,) = Aggregated(pkb).of("Patient")
    by_id = {"name": "target", "valueReference": {"reference": f"Patient/{patient['id']}"}}
    assert len(requests(send(pkb, by_id, numbered(TOLA), numbered(TOLA)))) == 1


def test_patients_who_cannot_be_asked_are_skipped(pkb: Client):
    unknown = {"name": "target", "valueReference": {"reference": "Patient/00000000-0000-3000-8000-000000000000"}}
    assert requests(send(pkb, numbered(NO_EMAIL), numbered(EASTGATES), unknown)) == []
    assert len(requests(send(pkb, numbered(NO_EMAIL), numbered(RHYS)))) == 1


@pytest.mark.parametrize("flag", [{"valueCode": "DISABLE_PATIENT_EMAIL_NOTIFICATION"}, {"valueBoolean": True}])
def test_the_flag_suppresses_the_mail_and_its_older_form_does_nothing(pkb: Client, flag: Json):
    assert len(requests(send(pkb, numbered(TOLA), {"name": "notificationFlag", **flag}))) == 1
    assert len(mails(pkb)) == (1 if "valueBoolean" in flag else 0)


def test_an_advanced_questionnaire_is_announced_by_text_message_to_who_is_not_registered(pkb: Client):
    contacts = {13: "07700900123^PRS~^NET^^rina.khatun@example.org"}
    assert pkb.send(message(pid("9998120012^^^NHS^NH", "Khatun^Rina", {7: "19910623", **contacts}))).code == "AA"
    response = send(pkb, numbered("9998120012"))
    assert len(requests(response)) == 1
    items = outbox(pkb, exchange=response.headers["pkb-sandbox-exchange"], suppressed="all")
    assert outcomes(items) == [MAILED, ("nhs-app", "not-registered"), ("sms", None)]
    assert items[2]["to"] == "07700900123"


def test_an_advanced_questionnaire_sends_no_text_message_to_who_is_registered(pkb: Client):
    response = send(pkb, numbered(TOLA))
    items = outbox(pkb, exchange=response.headers["pkb-sandbox-exchange"], suppressed="all")
    assert outcomes(items) == [MAILED, PUSHED, ("sms", "registered")]


def test_a_team_sends_what_it_may_use(pkb: Client):
    id_ = questionnaire(pkb, SEXUAL_HEALTH)
    assert send(pkb, numbered(TOLA), id_=id_, team=RENAL).status_code == 403
    assert len(requests(send(pkb, numbered(TOLA), id_=id_, team=SEXUAL))) == 1
    assert send(pkb, numbered(TOLA), id_=questionnaire(pkb, DRAFT)).status_code == 404
    assert (
        send(pkb, numbered(TOLA), client="eastgate-fhir", team="fb819b38-e035-4e65-b4ea-ae5076a82518").status_code
        == 404
    )


def test_a_search_with_a_team_lists_what_it_may_use(pkb: Client):
    for team, titles in ((RENAL, {CHECK_IN}), (SEXUAL, {CHECK_IN, SEXUAL_HEALTH})):
        response = Aggregated(pkb).ask("/Questionnaire", headers={"x-team-id": team})
        assert {entry["resource"]["title"] for entry in response.json()["entry"]} == titles
        assert response.json()["total"] == len(titles)


BAD: dict[str, Any] = {
    "no JSON": b"{",
    "no object": b"[]",
    "another resource": {"resourceType": "Patient"},
    "no parameters": {"resourceType": "Parameters"},
    "parameters that are none": {"resourceType": "Parameters", "parameter": [1]},
    "no target": {"resourceType": "Parameters", "parameter": []},
    "a target that is text": {"resourceType": "Parameters", "parameter": [{"name": "target", "valueString": "x"}]},
    "another type": {
        "resourceType": "Parameters",
        "parameter": [{"name": "target", "valueReference": {"reference": "Organization/1"}}],
    },
    "half an identifier": {
        "resourceType": "Parameters",
        "parameter": [{"name": "target", "valueReference": {"identifier": {"value": "1"}}}],
    },
    "too many": {"resourceType": "Parameters", "parameter": [numbered(TOLA)] * 501},
    "an unknown parameter": {"resourceType": "Parameters", "parameter": [numbered(TOLA), {"name": "teamId"}]},
    "an identifier twice": {
        "resourceType": "Parameters",
        "parameter": [
            numbered(TOLA),
            *[{"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:x", "value": "1"}}] * 2,
        ],
    },
    "a flag that is none": {
        "resourceType": "Parameters",
        "parameter": [numbered(TOLA), {"name": "notificationFlag", "valueCode": "LOUD"}],
    },
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_an_invalid_request_is_refused_and_queries_no_customer(pkb: Client, body: Any):
    path = f"/Questionnaire/{questionnaire(pkb, CHECK_IN)}/$send-questionnaire-request"
    options = {"content": body} if isinstance(body, bytes) else {"json": body}
    response = Aggregated(pkb).ask(path, "POST", headers={"x-team-id": RENAL}, **options)
    assert response.status_code == 400, response.text
    assert response.json()["resourceType"] == "OperationOutcome"
    assert mails(pkb) == []


# --- carers ---


def carers(pkb: Client, query: str, client: str = "northmoor-fhir") -> httpx.Response:
    return Aggregated(pkb, client).ask(f"/Consent/$carers?{query}")


def test_a_carer_is_a_consent_and_a_patient(pkb: Client):
    body = carers(pkb, f"patient:Patient.identifier={by(NOOR)}").json()
    assert (body["type"], body["total"]) == ("searchset", 2)
    assert set(body) == {"resourceType", "type", "total", "entry"}
    consent, carer = (entry["resource"] for entry in body["entry"])
    assert all(entry["link"][0]["url"] == entry["fullUrl"] for entry in body["entry"])
    assert carer["name"][0]["given"] == [SAMIRA]
    assert consent["patient"]["reference"] == f"Patient/{Aggregated(pkb).of('Patient', NOOR)[0]['id']}"
    provision = consent["provision"]
    assert provision["actor"][0]["reference"] == {"reference": f"Patient/{carer['id']}"}
    assert [label["code"] for label in provision["securityLabel"]] == ["GENERAL_HEALTH"]


def test_a_public_id_finds_the_patient_too(pkb: Client):
    child = pkb.patient("Under 16")["id"]
    assert carers(pkb, f"patient:Patient.identifier={by(child, PUBLIC_ID)}").json()["total"] == 2


def test_labels_that_the_organisation_does_not_hold_are_left_out(pkb: Client):
    carer = pkb.patient("The carer of a child")["id"]
    path = f"/_sandbox/records/{NOOR}/consents"
    for labels, total in ((["GENERAL_HEALTH", "MENTAL_HEALTH"], 2), (["MENTAL_HEALTH"], 0)):
        consent = {"grantee": {"kind": "carer", "id": carer}, "labels": labels}
        assert pkb.http.post(path, json=consent).status_code in (200, 201)
        body = carers(pkb, f"patient:Patient.identifier={by(NOOR)}").json()
        assert body["total"] == total
        if total:
            security = body["entry"][0]["resource"]["provision"]["securityLabel"]
            assert [label["code"] for label in security] == ["GENERAL_HEALTH"]


@pytest.mark.parametrize("client", ["northmoor-fhir", "eastgate-fhir"])
def test_a_patient_without_carers_gives_an_empty_bundle(pkb: Client, client: str):
    number = TOLA if client == "northmoor-fhir" else NOOR
    assert carers(pkb, f"patient:Patient.identifier={by(number)}", client).json() == {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
    }


@pytest.mark.parametrize(
    "query", ["", "patient=Patient/1", "patient:Patient.identifier=1", f"patient:Patient.identifier={by(NOOR)}&x=1"]
)
def test_other_parameters_are_refused(pkb: Client, query: str):
    assert carers(pkb, query).status_code == 400
