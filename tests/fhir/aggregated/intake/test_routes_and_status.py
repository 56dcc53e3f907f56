"""By which way a data point came in, and what the status of a user is, as Aggregated says it.

Sources: PKB's own code (https://github.com/patientsknowbest/pkb-common); *Aggregated Appointment*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077229
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.model import Contact, Diagnosis, Patient
from sandbox.store import Store
from tests.fhir.aggregated.support import TOLA, Aggregated, extension
from tests.rest.support import ask
from tests.support import Client

Json = dict[str, Any]
WHO = "4c86625f-13d7-423c-93e9-d58574a12dec"
OWEN = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
STRUCTURE = "http://fhir.patientsknowbest.com/structuredefinition"
KNOWN = {
    *("WEBAPP", "WEBAPP_SYSTMONE_PORTAL", "WEBAPP_EMIS_PORTAL", "WEBAPP_OTP", "WEBAPP_NHS_APP", "REST_API", "HL7_API"),
    *("CSV_API", "CORE_DEVICES", "EMIS_ES", "EMIS_PFS", "SCISTORE", "PACR", "S1", "SCHED_TASK", "EXPORT"),
    *("NOT_CAPTURED", "FHIR_API"),
}


def diagnosis(pkb: Client, text: str, **fields: Any) -> Json:
    response = pkb.http.post(f"/_sandbox/records/{WHO}/diagnoses", json={"diagnosis": text, **fields})
    assert response.status_code in (201, 400), response.text
    body: Json = response.json()
    return body


def route_of(pkb: Client, text: str) -> Json:
    (condition,) = [condition for condition in Aggregated(pkb).of("Condition") if condition["code"]["text"] == text]
    extensions = condition["meta"]["extension"]
    coding: Json = next(
        extension["valueCoding"] for extension in extensions if extension["url"] == f"{STRUCTURE}/access-route"
    )
    assert coding["system"] == "http://fhir.patientsknowbest.com/codesystem/access-route"
    return coding


def one_time_password(pkb: Client, user: str = WHO) -> None:
    token = pkb.http.post(f"/_sandbox/users/{user}/one-time-password").json()["otpToken"]
    assert pkb.http.get("/otp.action", params={"otpToken": token, "redirect_uri": "/"}).status_code == 302


def test_what_a_person_enters_in_the_web_pages_has_the_route_webapp(pkb: Client):
    diagnosis(pkb, "Cough")
    assert route_of(pkb, "Cough") == {
        "system": "http://fhir.patientsknowbest.com/codesystem/access-route",
        "code": "WEBAPP",
        "display": "PKB website",
    }


def test_what_a_person_enters_after_a_one_time_password_has_its_route_for_half_an_hour(pkb: Client):
    one_time_password(pkb)
    diagnosis(pkb, "Cough")
    diagnosis(pkb, "Fever", by=OWEN)
    assert route_of(pkb, "Cough")["code"] == "WEBAPP_OTP"
    assert route_of(pkb, "Fever")["code"] == "WEBAPP", "somebody else came in by the web pages"
    pkb.server.workspaces.default.clock.advance(timedelta(minutes=31))
    pkb.tokens.clear()
    diagnosis(pkb, "Rash")
    assert route_of(pkb, "Rash")["code"] == "WEBAPP"


def test_what_a_person_enters_after_nhs_login_has_its_route_once_signed_in(pkb: Client):
    identity = pkb.http.post(f"/_sandbox/users/{WHO}/asserted-login-identity").json()["token"]
    parameters = {"assertedLoginIdentity": identity, "prompt": "login"}
    assert pkb.http.get("/listAppointments.action", params=parameters).status_code == 200
    diagnosis(pkb, "Fever")
    assert route_of(pkb, "Fever")["code"] == "WEBAPP", "the person still has to sign in"
    del parameters["prompt"]
    assert pkb.http.get("/listAppointments.action", params=parameters).status_code == 200
    diagnosis(pkb, "Cough")
    assert route_of(pkb, "Cough")["code"] == "WEBAPP_NHS_APP"


def test_a_reset_ends_what_a_one_time_password_began(pkb: Client):
    one_time_password(pkb)
    assert pkb.http.post("/_sandbox/reset").status_code == 200
    diagnosis(pkb, "Cough")
    assert route_of(pkb, "Cough")["code"] == "WEBAPP"


@pytest.mark.parametrize("route", sorted(route for route in KNOWN if route.startswith("WEBAPP")))
def test_an_act_may_name_the_way_into_the_web_pages(pkb: Client, route: str):
    one_time_password(pkb)
    diagnosis(pkb, "Cough", route=route)
    assert route_of(pkb, "Cough")["code"] == route


@pytest.mark.parametrize("route", ["HL7_API", "FHIR_API", "", 7, "webapp"])
def test_an_act_is_one_of_the_web_pages(pkb: Client, route: Any):
    assert "route must be" in diagnosis(pkb, "Cough", route=route)["detail"]


def test_an_answer_comes_the_way_its_patient_did(pkb: Client):
    one_time_password(pkb)
    path = f"/_sandbox/records/{WHO}/questionnaires/248f29fa-0aa1-47c8-a07d-e0bd3ab3157f/answer"
    response = pkb.http.post(path, json={"answers": {}, "route": "WEBAPP_NHS_APP"})
    assert response.status_code == 201, response.text
    assert response.json()["source"]["route"] == "WEBAPP_NHS_APP"


def test_every_route_of_pkb_s_code_has_a_display(pkb: Client):
    rows = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/intake/access_routes.toml"))["route"]
    assert {row["code"] for row in rows} == KNOWN
    store = pkb.server.workspaces.default.store
    mine = next(diagnosis for diagnosis in store.all(Diagnosis) if diagnosis.patient == WHO)
    for row in rows:
        store.put(replace(mine, source=replace(mine.source, route=row["code"])))
        text = mine.diagnosis.text
        coding = route_of(pkb, text)
        assert (coding["code"], coding["display"]) == (row["code"], row["display"])


# --- status ---

CONFIRMED, UNCONFIRMED = Contact(value="a@example.org", confirmed=True), Contact(value="a@example.org")
STATUSES: dict[str, Json] = {
    "NOCONTACT": {"registered": False, "contacts": ()},
    "INVITED": {"registered": False, "contacts": (UNCONFIRMED,)},
    "NEW": {"registered": False, "contacts": (UNCONFIRMED,), "activated": False},
    "EMAIL_CONFIRMED": {"registered": True, "contacts": (CONFIRMED,)},
    "ACTIVE": {"registered": True, "contacts": (UNCONFIRMED,)},
    "INACTIVE": {"registered": False, "contacts": (CONFIRMED,)},
    "DEAD": {"registered": True, "contacts": (CONFIRMED,), "deceased": True},
}


def status(pkb: Client) -> Json:
    (patient,) = Aggregated(pkb).of("Patient", TOLA)
    extensions = {extension["url"].rpartition("/")[2]: extension for extension in patient["extension"]}
    return {"status": extensions["status"]["valueString"], "registered": extensions["registered"]["valueBoolean"]}


@pytest.mark.parametrize("expected", STATUSES)
def test_a_patient_carries_the_user_status(pkb: Client, expected: str):
    store: Store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, WHO), **STATUSES[expected]))
    assert status(pkb) == {"status": expected, "registered": STATUSES[expected]["registered"]}


def test_people_of_the_default_world_have_the_status_of_their_registration(pkb: Client):
    expected = {
        "can be invited by letter": "NOCONTACT",
        "reads her own record with an app": "EMAIL_CONFIRMED",
        "the time of death is known": "DEAD",
    }
    for reason, value in expected.items():
        (patient,) = Aggregated(pkb).of("Patient", pkb.patient(reason)["nhs_number"])
        assert {"url": f"{STRUCTURE}/status", "valueString": value} in patient["extension"], reason


def test_what_a_person_enters_with_an_app_of_a_partner_came_over_custom_rest(pkb: Client):
    medication = {"substance": {"displayText": "Ramipril"}, "startDate": "2025-09-01"}
    ask(pkb, "POST", "/v1/medications", "PATIENT", json=medication)
    (statement,) = [
        medication_statement
        for medication_statement in Aggregated(pkb).of("MedicationStatement")
        if medication_statement["medicationCodeableConcept"]["text"] == "Ramipril"
    ]
    assert extension(statement, "access-route")["code"] == "REST_API"
