"""Stories of the Custom REST API: an app with a device, a partner that extracts, a clinician's inbox, a letter."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.fhir.aggregated.support import Aggregated
from tests.rest.support import assert_error, assert_object
from tests.support import NORTHMOOR, Client

TOLA, RHYS, IDRIS = "5001", "5010", "5002"
OWEN = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
RHYS_NUMBER = "9991013709"


class Session:
    """A client of `/apiToken.action` that keeps its tokens and refreshes them when it must, as integrators do."""

    def __init__(self, pkb: Client, client: str, **first: str) -> None:
        self._pkb, self._client = pkb, client
        self.refreshed = -1
        self._fetch(**first)

    def _fetch(self, **form: str) -> None:
        response = self._pkb.http.post("/apiToken.action", data={"client_id": self._client, **form})
        assert response.status_code == 200, response.text
        body = response.json()
        self._access, self._refresh, self.refreshed = body["access_token"], body["refresh_token"], self.refreshed + 1

    def call(self, method: str, path: str, json: Any = None, **more: str) -> Any:
        headers = {"Authorization": f"Bearer {self._access}"}
        response = self._pkb.http.request(method, f"/json{path}", headers=headers, json=json)
        if response.status_code == 401 and response.json()["code"] == "ACC_TOKEN_EXPIRED":
            self._fetch(grant_type="refresh_token", refresh_token=self._refresh, **more)
            return self.call(method, path, json, **more)
        assert response.status_code == 200, response.text
        return response.json()


def linked(pkb: Client, email: str, client: str = "stepwise-diary") -> Session:
    """An app that a person of the default world lets in: authorize, approve, exchange the code."""
    app = pkb.credential(client)
    user = next(user["id"] for user in app["users"] if user["email"] == email)
    request = {"client_id": client, "redirect_uri": app["redirect_uris"][0], "state": "q7Zt"}
    redirect = pkb.http.post(f"/_sandbox/users/{user}/approve", json=request).json()["redirect"]
    query = parse_qs(urlsplit(redirect).query)
    assert query["state"] == ["q7Zt"]
    code = {"grant_type": "authorization_code", "code": query["code"][0], "redirect_uri": request["redirect_uri"]}
    return Session(pkb, client, **code)


# --- an app links a patient and pushes blood pressure every minute ---


def test_an_app_pushes_blood_pressure_every_minute_for_an_hour(pkb: Client):
    app = linked(pkb, "tola.adeyemi@example.org")
    assert app.call("GET", "/users/self")["id"] == TOLA
    types = pkb.http.get("/json/v2-beta/measurements/apiRefs").json()
    (pressure,) = [type_ for type_ in types if type_["apiRef"] == "bloodPressure"]
    clock = pkb.server.workspaces.default.clock
    for minute in range(60):
        taken_at = clock.now().isoformat()
        body = {"apiRef": pressure["apiRef"], "value": 120 + minute % 7, "value2": 80, "takenDate": taken_at}
        assert_object(app.call("POST", "/v1/measurements", body), "measurement")
        clock.advance(timedelta(minutes=1))
    assert app.refreshed >= 1, "an access token lives half an hour"
    measurements = app.call("GET", "/v2-beta/measurements?apiRefs=bloodPressure")
    assert len(measurements) == 60
    assert [measurement["takenDate"] for measurement in measurements] == sorted(
        (measurement["takenDate"] for measurement in measurements), reverse=True
    )
    team = pkb.http.get(
        f"/json/v2-beta/measurements/{TOLA}", headers={"Authorization": f"Bearer {pkb.tethered_token()}"}
    )
    assert len(team.json()) == 60


# --- a partner extracts a team's measurements and care plans, guided by the date of the last data point ---


def last_data_point(pkb: Client, number: str) -> str:
    part = {
        "name": "patientIdentifier",
        "valueIdentifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number},
    }
    parameters = {"resourceType": "Parameters", "parameter": [part]}
    response = pkb.facade("/Patient/$date-of-last-data-point", method="POST", json=parameters, organisation=NORTHMOOR)
    assert response.status_code == 200, response.text
    (result,) = response.json()["parameter"]
    return next(part["valueDateTime"] for part in result["part"] if part["name"] == "lastRecordUpdate")


def test_a_partner_extracts_what_is_new_and_asks_for_nothing_else(pkb: Client):
    token = pkb.credential("letterbox-tethered")["refresh_token"]
    partner = Session(pkb, "letterbox-tethered", grant_type="refresh_token", refresh_token=token, scope="SITE")
    seen: dict[str, str] = {}

    def extract() -> dict[str, tuple[int, int]]:
        """Patients whose record moved: how many measurements and care plans there are now."""
        sizes = {}
        for patient in partner.call("GET", "/v1/users/self/patients")["results"]:
            number = partner.call("GET", f"/v2-beta/users/byNationalId/{numbers[patient['id']]}/NHS")["nationalIds"][0]
            moved = last_data_point(pkb, number["value"])
            if seen.get(patient["id"]) != moved:
                seen[patient["id"]] = moved
                measured = partner.call("GET", f"/v2-beta/measurements/{patient['id']}")
                plans = partner.call("GET", f"/v2-beta/careplans/{patient['id']}")
                sizes[patient["id"]] = (len(measured), len(plans))
        return sizes

    numbers = {str(patient["legacy_id"]): patient["nhs_number"] for patient in pkb.control("/world")["patients"]}
    first = extract()
    assert {TOLA, RHYS} <= set(first)
    assert first[RHYS][0] > 0
    assert first[RHYS][1] > 0
    assert extract() == {}
    pkb.server.workspaces.default.clock.advance(timedelta(minutes=1))
    linked(pkb, "rhys.delacroix@example.org").call("POST", "/v1/measurements", {"apiRef": "weight", "value": 81})
    assert extract() == {RHYS: (first[RHYS][0] + 1, first[RHYS][1])}
    (plan, *_) = partner.call("GET", f"/treatmentPlans/forPatient/{RHYS}")
    assert_object(plan, "treatment-plan")


# --- a message to cancel an appointment is picked up by a clinician's client ---


def test_a_clinician_s_client_picks_up_the_wish_to_cancel(pkb: Client):
    clinic = linked(pkb, "owen.bright@northmoor.example", "stepwise-clinic")
    clock = pkb.server.workspaces.default.clock
    since = clock.now()
    clock.advance(timedelta(seconds=1))
    body = {"recipients": [OWEN], "subject": "Cancel my appointment", "content": "I cannot come on Tuesday."}
    assert pkb.http.post(f"/_sandbox/records/{RHYS}/messages", json=body).status_code == 201
    milliseconds = int(since.timestamp() * 1000)
    (message,) = clinic.call("GET", f"/messages/after/{milliseconds}")
    assert (message["kind"], message["subject"], message["patientId"]) == ("MESSAGE", "Cancel my appointment", RHYS)
    assert message["recipientIds"] == [clinic.call("GET", "/users/self")["id"]]
    user = clinic.call("GET", f"/v1/users/{message['senderId']}")
    assert (user["firstName"], user["lastName"]) == ("Rhys", "Delacroix")
    assert clinic.call("GET", f"/messages/after/{message['timestamp']}") == []


# --- a letter's invitation code is made and used ---


def test_the_code_of_a_letter_opens_the_record_to_its_patient(pkb: Client):
    coordinator = linked(pkb, "dilys.farrow@northmoor.example", "stepwise-clinic")
    letter = coordinator.call("GET", f"/v1/users/{IDRIS}/recordAccessToken")
    assert datetime.fromisoformat(letter["expiry"]) > datetime.now(UTC) + timedelta(weeks=9)
    filled = {"date_of_birth": "1975-09-30", "email": "idris.pennant@example.org", "password": "Letter-by-post-1"}
    wrong = {"code": letter["code"], "token": "0" * 10, **filled}
    assert pkb.http.post(f"/_sandbox/records/{IDRIS}/register", json=wrong).status_code == 400
    right = {"code": letter["code"], "token": letter["token"], **filled}
    assert pkb.http.post(f"/_sandbox/records/{IDRIS}/register", json=right).status_code == 200
    app = linked(pkb, "idris.pennant@example.org")
    user = app.call("GET", "/users/self")
    assert (user["id"], user["email"], user["contacts"][0]["confirmed"]) == (IDRIS, "idris.pennant@example.org", True)
    again = pkb.http.get(
        f"/json/v1/users/{IDRIS}/recordAccessToken",
        headers={"Authorization": f"Bearer {pkb.user_token('dilys.farrow@northmoor.example', 'stepwise-clinic')}"},
    )
    assert_error(again, 409, "CONFLICT")


# --- what goes in at one door and shows, or does not show, at the others ---


def facade_types(pkb: Client, patient: str) -> dict[str, int]:
    """Count a patient's record on the Facade: type → number."""
    types = ("Observation", "DocumentReference", "Communication", "Appointment", "Encounter", "DiagnosticReport")
    counts = {}
    for type_ in types:
        response = pkb.facade(f"/{type_}", params={"patient": f"Patient/{patient}"})
        if response.status_code == 200:
            counts[type_] = len(response.json().get("entry", []))
    return counts


def aggregated_types(pkb: Client) -> dict[str, int]:
    """Count the same record on Aggregated."""
    types = ("MedicationStatement", "Condition", "Observation", "CarePlan", "AllergyIntolerance")
    return {type_: len(Aggregated(pkb).of(type_, RHYS_NUMBER)) for type_ in types}


WRITTEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "measurements": ("/v1/measurements", {"apiRef": "weight", "value": 81}, ""),
    "medications": ("/v1/medications", {"substance": {"displayText": "Ramipril"}}, "MedicationStatement"),
    "care_plans": ("/v1/treatmentPlans", {"name": "Plan"}, ""),
}
"""Kind of data → how it is written, and the type under which PKB's Aggregated endpoint shows it, if any."""


@pytest.mark.parametrize(("kind", "written"), WRITTEN.items(), ids=WRITTEN)
def test_what_is_written_here_shows_where_pkb_maps_it_and_nowhere_else(
    pkb: Client, kind: str, written: tuple[str, dict[str, Any], str]
):
    path, body, type_ = written
    id_ = pkb.patient("Shared by both organisations")["id"]
    facade, aggregated, kept = facade_types(pkb, id_), aggregated_types(pkb), pkb.control(f"/records/{id_}")[kind]
    linked(pkb, "rhys.delacroix@example.org").call("POST", path, body)
    assert len(pkb.control(f"/records/{id_}")[kind]) == len(kept) + 1
    assert facade_types(pkb, id_) == facade
    assert aggregated_types(pkb) == {name: n + (name == type_) for name, n in aggregated.items()}


def test_a_document_that_a_hospital_sends_is_downloaded_by_the_patient(pkb: Client):
    pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3"
    mdm = (
        "MSH|^~\\&|A|B|PKB|PKB|20260301120000||MDM^T02|doc-1|P|2.4\rPID|1||9991013709^^^NHS^NH||Delacroix^Rhys\r"
        "PV1|1|O\rTXA|1|CL|TEXT|20260301113000||||||||D-77||||clinic.pdf|AU\r"
        f"OBX|1|ED|CL^Kidney clinic||^APPLICATION^PDF^Base64^{base64.b64encode(pdf).decode()}\r"
    )
    assert pkb.send(mdm).code == "AA"
    app = linked(pkb, "rhys.delacroix@example.org")
    (letter,) = [message for message in app.call("GET", "/messages/after/0") if message["subject"] == "Kidney clinic"]
    headers = {"Authorization": f"Bearer {pkb.user_token('rhys.delacroix@example.org')}"}
    response = pkb.http.get(f"/rest/attachments/{letter['attachmentIds'][0]}", headers=headers)
    assert (response.content, response.headers["content-type"]) == (pdf, "application/pdf")
