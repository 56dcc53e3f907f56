"""Partners' use of the Facade's operations and Messaging, from the first call to the last.

The partner's client is Requests-OAuthlib; bodies are made and read by `fhir.resources`' STU3 models; HL7 goes by zeep.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from fhir.resources.STU3.parameters import Parameters
from fhir.resources.STU3.patient import Patient
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from tests.journeys.test_hl7_soap_clients import session as hl7_session
from tests.journeys.test_hl7_soap_clients import soap_client
from tests.support import NORTHMOOR, Client

NHS = "https://fhir.nhs.uk/Id/nhs-number"
IDRIS, IDRIS_ID = "9991002758", "1a9eca6b-4294-4260-a20c-2a23e852f2a2"
BRIGHT, RENAL = "f1640ff8-d059-403c-b0d5-295ffc6e627d", "b1fca6de-884d-4803-b760-ebd7f8cac475"
RHYS_ID = "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"


@pytest.fixture
def partner(pkb: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Letterbox, with a token of its own, acting for Northmoor."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    client = "letterbox-facade"
    with OAuth2Session(client=BackendApplicationClient(client)) as opened:
        secret = pkb.credential(client)["client_secret"]
        opened.fetch_token(f"{pkb.server.base_url}/api/oauth/token", client_id=client, client_secret=secret)
        opened.headers.update({"X-Org-Public-Id": pkb.organisation(NORTHMOOR), "Accept": "application/fhir+json"})
        yield opened


def call(pkb: Client, partner: Any, path: str, body: Any, status: int = 200) -> Any:
    headers = {"Content-Type": "application/fhir+json"}
    response = partner.post(f"{pkb.server.base_url}{path}", data=body.model_dump_json(), headers=headers)
    assert response.status_code == status, response.text
    return response.json()


def identifiers(*numbers: str) -> Parameters:
    rows = [{"name": "patientIdentifier", "valueIdentifier": {"system": NHS, "value": number}} for number in numbers]
    return Parameters.model_validate({"resourceType": "Parameters", "parameter": rows})


def parts(answer: Any) -> list[dict[str, Any]]:
    """The parts of each entry as the strict model reads them: name → value."""
    read = Parameters.model_validate(answer).parameter or []
    return [{str(part.name): _value(part) for part in entry.part or []} for entry in read]


def _value(part: Any) -> Any:
    values = part.model_dump(exclude={"resourceType", "name"}, exclude_none=True)
    (value,) = (value for key, value in values.items() if key.startswith("value"))
    return value


def act(pkb: Client, patient: str, path: str, body: Any = None) -> Any:
    response = pkb.http.post(f"/_sandbox/records/{patient}/{path}", json=body)
    assert response.is_success, response.text
    return response.json()


def test_a_patient_is_invited_by_letter_and_registers(pkb: Client, partner: Any):
    status = "/fhir/Patient/$status-query"
    (before,) = parts(call(pkb, partner, status, identifiers(IDRIS)))
    assert (before["registered"], before["deceased"]) == (False, False)
    tokens = call(pkb, partner, "/fhir/Organization/$generate-invitation-tokens", identifiers(IDRIS))
    (printed,) = parts(tokens)
    (letter,) = pkb.control("/outbox")["items"]
    query = httpx.URL(letter["links"][0]).params
    assert (query["t1"], query["t2"]) == (printed["code"], printed["token"])
    filled = {
        "code": query["t1"],
        "token": query["t2"],
        "date_of_birth": before["dateOfBirth"].isoformat(),
        "email": "idris.pennant@example.org",
        "password": "Came-by-post-7",
    }
    act(pkb, IDRIS_ID, "register", filled)
    (after,) = parts(call(pkb, partner, status, identifiers(IDRIS)))
    assert after["registered"] is True
    assert parts(call(pkb, partner, "/fhir/Organization/$generate-invitation-tokens", identifiers(IDRIS))) == []
    headers = {"Authorization": f"Bearer {pkb.user_token('idris.pennant@example.org')}"}
    assert pkb.facade(f"/Patient/{IDRIS_ID}", client="", organisation=None, headers=headers).status_code == 200


def test_a_questionnaire_goes_to_a_team_and_is_answered(pkb: Client, partner: Any):
    northmoor = pkb.control("/world")["organisations"][0]
    questionnaire = next(
        questionnaire["id"]
        for questionnaire in northmoor["questionnaires"]
        if questionnaire["name"] == "Renal clinic check-in"
    )
    rows = [
        {"name": "requestor", "valueReference": {"reference": f"Practitioner/{BRIGHT}"}},
        {"name": "target", "valueReference": {"reference": f"Organization/{RENAL}"}},
        {"name": "notificationFlag", "valueCode": "EMAIL_NOTIFICATION_ENABLED"},
    ]
    body = Parameters.model_validate({"resourceType": "Parameters", "parameter": rows})
    answer = call(pkb, partner, f"/fhir/Questionnaire/{questionnaire}/$send-questionnaire-request", body)
    requests = {entry["valueReference"]["reference"].removeprefix("ProcedureRequest/") for entry in answer["parameter"]}
    own = {request["id"] for request in pkb.control(f"/records/{RHYS_ID}")["questionnaire_requests"]} & requests
    (request,) = own
    recipients = {mail["to"] for mail in pkb.control("/outbox")["items"]}
    assert {"rhys.delacroix@example.org", "tola.adeyemi@example.org"} <= recipients
    base = f"{pkb.server.base_url}/fhir"
    assert partner.get(f"{base}/ProcedureRequest/{request}").json()["status"] == "active"
    answered = act(pkb, RHYS_ID, f"questionnaires/{request}/answer", {"answers": {"fluid": "Yes"}})
    assert (answered["request"], answered["questionnaire"]) == (request, questionnaire)
    assert partner.get(f"{base}/ProcedureRequest/{request}").json()["status"] == "completed"
    bundle = partner.get(f"{base}/QuestionnaireResponse", params={"based-on": f"ProcedureRequest/{request}"}).json()
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == [answered["id"]]
    messages = partner.get(f"{base}/Communication", params={"patient": f"Patient/{RHYS_ID}"}).json()
    assert "Renal clinic check-in" in {entry["resource"]["extension"][0]["valueString"] for entry in messages["entry"]}
    mail = pkb.control("/outbox")["items"][-1]
    assert (mail["to"], mail["patient"]) == ("owen.bright@northmoor.example", RHYS_ID)
    last = {"name": "patientIdentifier", "valueIdentifier": {"system": NHS, "value": "9991013709"}}
    asking = Parameters.model_validate({"resourceType": "Parameters", "parameter": [last]})
    (moved,) = parts(call(pkb, partner, "/fhir/Patient/$date-of-last-data-point", asking))
    assert moved["lastRecordUpdate"] == datetime.fromisoformat(answered["persisted_at"])


def test_a_patient_comes_by_message_and_is_updated_by_hl7(pkb: Client, partner: Any):
    new_patient = Patient.model_validate(
        {
            "resourceType": "Patient",
            "identifier": [{"system": NHS, "value": "9998120012"}],
            "name": [{"family": "Khatun", "given": ["Rina"]}],
            "telecom": [{"system": "email", "value": "rina.khatun@example.org"}],
            "gender": "female",
            "birthDate": "1991-06-23",
        }
    )
    outcome = call(pkb, partner, "/phr-fhir/Patient/%24process-message", new_patient, 201)
    assert outcome["issue"][0]["severity"] == "information"
    (invited,) = pkb.control("/outbox")["items"]
    assert (invited["kind"], invited["to"]) == ("invitation", "rina.khatun@example.org")
    created = pkb.control("/records/9998120012")["patient"]
    message = (
        "MSH|^~\\&|A|B|PKB|PKB|20990101120000||ADT^A31|m1|P|2.4\rEVN|A31|20990101120000\r"
        "PID|1||9998120012^^^NHS^NH||Khatun-Ali^Rina^^^Dr||19910623|F|||7 High Street^^York\rPV1|1|N\r"
    )
    with hl7_session(pkb) as opened:
        assert "MSA|AA" in soap_client(pkb, opened).service.acceptMessage(message)
    read = partner.get(f"{pkb.server.base_url}/fhir/Patient/{created['id']}").json()
    patient: Any = Patient.model_validate(read)
    assert (patient.name[0].family, patient.name[0].given) == ("Khatun-Ali", ["Rina"])
    assert (patient.address[0].city, patient.birthDate.isoformat()) == ("York", "1991-06-23")
    assert [contact.value for contact in patient.telecom] == ["rina.khatun@example.org"]
