"""UserService, writing: patients and carers created, users changed, invited, let in, deactivated.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951 ;
http://dev.patientsknowbest.com/home/developer-tutorial/mass-registration-implementation-guide/custom-rest-apis
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.model import Patient, User
from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

TOLA, IDRIS, MARJORIE, NOOR, SAMIRA, RHYS, OWEN = "5001", "5002", "5003", "5005", "5006", "5010", "3001"
NEW = {
    "firstName": "Ottoline",
    "lastName": "Quaye",
    "dob": "1987-11-23",
    "gender": "F",
    "nationalIds": [{"value": "9990001235", "name": "NHS number"}],
    "email": "ottoline.quaye@example.org",
    "heightCm": "171",
    "favouriteColour": "green",
}
CARER = {"firstName": "Bea", "lastName": "Okoro", "email": "bea.okoro@example.org"}


def mails(pkb: Client) -> list[tuple[str, str]]:
    return [(item["kind"], item["to"]) for item in pkb.control("/outbox")["items"]]


# --- creating ---


@pytest.mark.parametrize("caller", ["TEAMCOORD", "SITE"])
def test_a_coordinator_creates_a_patient_of_the_team(pkb: Client, caller: str):
    user = ask(pkb, "POST", "/v1/users", caller, json=NEW)
    assert_object(user, "user-v1")
    assert (user["lastName"], user["dobISO"], user["genderMF"]) == ("Quaye", "1987-11-23", "f")
    assert user["heightCm"] is None
    assert user["id"] in [result["id"] for result in ask(pkb, "GET", "/v1/users/self/patients", caller)["results"]]
    assert ("invitation", "ottoline.quaye@example.org") in mails(pkb)
    by_number = ask(pkb, "GET", "/v2-beta/users/byNationalId/9990001235/NHS", caller)
    assert by_number["id"] == user["id"]


def test_a_patient_who_was_created_here_shows_in_the_facade(pkb: Client):
    ask(pkb, "POST", "/v1/users", "TEAMCOORD", json=NEW)
    bundle = pkb.facade("/Patient", params={"identifier": "https://fhir.nhs.uk/Id/nhs-number|9990001235"}).json()
    assert bundle["entry"][0]["resource"]["name"][0]["family"] == "Quaye"


def test_a_patient_adds_a_carer_who_is_invited(pkb: Client):
    user = ask(pkb, "POST", "/v1/users", "PATIENT", json=CARER)
    assert_object(user, "user-v1")
    (carer,) = ask(pkb, "GET", "/users/myCarers", "PATIENT")
    assert_object(carer, "user")
    assert (carer["id"], carer["email"]) == (user["id"], CARER["email"])
    assert mails(pkb)[-1] == ("invitation", CARER["email"])
    consents = ask(pkb, "GET", f"/v1/consents/byPatient/{TOLA}", "PATIENT")["results"]
    (consent,) = [consent for consent in consents if consent.get("carerId") == user["id"]]
    assert (consent["generalHealthConsentGranted"], consent["sexualHealthConsentGranted"]) == (True, False)


def test_a_carer_who_has_an_account_is_notified(pkb: Client):
    user = ask(pkb, "POST", "/v1/users", "PATIENT", json={**CARER, "email": "samira.halloran@example.org"})
    assert (user["id"], user["firstName"], user["dob"]) == (SAMIRA, "Samira", None)
    assert mails(pkb)[-1] == ("notification", "samira.halloran@example.org")
    token = pkb.user_token("samira.halloran@example.org")
    assert {patient["id"] for patient in call(pkb, "GET", "/users/myPatients", token).json()} == {NOOR, TOLA}
    again = call(
        pkb, "POST", "/v1/users", token_of(pkb, "PATIENT"), json={**CARER, "email": "samira.halloran@example.org"}
    )
    assert_error(again, 409, "CONFLICT")


NUMBER = {"value": "9990001235", "name": "NHS number"}
NOT_CREATED: dict[str, tuple[str, dict[str, Any], int]] = {
    "no names": ("TEAMCOORD", {"nationalIds": [NUMBER]}, 400),
    "no number": ("TEAMCOORD", {**NEW, "nationalIds": []}, 400),
    "a number that is none": ("TEAMCOORD", {**NEW, "nationalIds": [{**NUMBER, "value": "1234567890"}]}, 400),
    "a type that is none": ("TEAMCOORD", {**NEW, "nationalIds": [{**NUMBER, "name": "passport"}]}, 400),
    "a number without its type": ("TEAMCOORD", {**NEW, "nationalIds": [{"value": "9990001235"}]}, 400),
    "a number of somebody": ("TEAMCOORD", {**NEW, "nationalIds": [{**NUMBER, "value": "9991001379"}]}, 409),
    "an address of somebody": ("TEAMCOORD", {**NEW, "email": "tola.adeyemi@example.org"}, 400),
    "an address that is none": ("TEAMCOORD", {**NEW, "email": "x@y z"}, 400),
    "a gender that is none": ("TEAMCOORD", {**NEW, "gender": "W"}, 400),
    "a carer without an address": ("PATIENT", {"firstName": "Bea", "lastName": "Okoro"}, 400),
    "an address of a professional": ("TEAMCOORD", {**NEW, "email": "Owen.Bright@northmoor.example"}, 400),
    "a professional as a carer": ("PATIENT", {**CARER, "email": "owen.bright@northmoor.example"}, 409),
    "oneself as a carer": ("PATIENT", {**CARER, "email": "tola.adeyemi@example.org"}, 409),
}


@pytest.mark.parametrize(("caller", "body", "status"), NOT_CREATED.values(), ids=NOT_CREATED)
def test_an_invalid_user_is_refused_and_not_stored(pkb: Client, caller: str, body: dict[str, Any], status: int):
    before = len(pkb.control("/world")["patients"])
    response = call(pkb, "POST", "/v1/users", token_of(pkb, caller), json=body)
    assert_error(response, status, "BAD_REQUEST" if status == 400 else "CONFLICT")
    assert (len(pkb.control("/world")["patients"]), mails(pkb)) == (before, [])


def test_a_coordinator_without_a_team_has_nowhere_to_create_a_patient(pkb: Client):
    store = pkb.server.workspaces.default.store
    (dilys,) = store.find(User, "email", "dilys.farrow@northmoor.example")
    store.put(replace(dilys, team=None))
    assert_error(call(pkb, "POST", "/v1/users", token_of(pkb, "TEAMCOORD"), json=NEW), 403, "FORBIDDEN")
    assert ask(pkb, "GET", "/users/self", "TEAMCOORD")["teamName"] is None
    assert ask(pkb, "GET", "/v1/users/self/patients", "TEAMCOORD") == {"results": []}


# --- changing ---


def test_a_patient_changes_themselves_and_what_is_left_out_stays(pkb: Client):
    before = ask(pkb, "GET", "/v1/users/self", "PATIENT")
    body = {"id": TOLA, "phone": "07700900111", "city": "Whitby", "address1": None, "title": ""}
    changed = ask(pkb, "PUT", "/v1/users", "PATIENT", json=body)
    assert changed == {**before, "city": "Whitby", "address1": None, "title": None}
    assert ask(pkb, "GET", "/users/self", "PATIENT")["phone"] == "07700900111"


def test_a_new_address_is_added_and_asked_to_be_confirmed(pkb: Client):
    ask(pkb, "PUT", "/v1/users", "PATIENT", json={"id": TOLA, "email": "tola@example.org"})
    contacts = ask(pkb, "GET", "/users/self", "PATIENT")["contacts"]
    assert [(contact["contactValue"], contact["primary"]) for contact in contacts] == [
        ("tola.adeyemi@example.org", True),
        ("tola@example.org", False),
    ]
    assert mails(pkb) == [("confirmation", "tola@example.org")]


def test_a_carer_without_an_organisation_changes_themselves(pkb: Client):
    user = ask(pkb, "POST", "/v1/users", "PATIENT", json=CARER)
    store = pkb.server.workspaces.default.store
    (carer,) = store.find(Patient, "legacy_id", int(user["id"]))
    store.put(replace(carer, registered=True, password="Sandbox-1234"))
    token = pkb.user_token(CARER["email"])
    changed = call(pkb, "PUT", "/v1/users", token, json={"id": user["id"], "city": "Whitby", "lastName": "Obi"})
    assert (changed.json()["city"], changed.json()["lastName"]) == ("Whitby", "Obi")
    address = call(pkb, "PUT", "/v1/users", token, json={"id": user["id"], "email": "bea@example.org"})
    assert_error(address, 409, "CONFLICT")


def test_a_coordinator_changes_a_patient_of_the_team(pkb: Client):
    changed = ask(pkb, "PUT", "/v1/users", "TEAMCOORD", json={"id": IDRIS, "lastName": "Penant", "gender": "U"})
    assert (changed["id"], changed["lastName"], changed["genderMF"]) == (IDRIS, "Penant", None)


def test_a_number_of_another_record_is_a_conflict(pkb: Client):
    body = {"id": IDRIS, "nationalIds": [{"value": "9991001379", "name": "NHS"}]}
    assert_error(call(pkb, "PUT", "/v1/users", token_of(pkb, "TEAMCOORD"), json=body), 409, "CONFLICT")


@pytest.mark.parametrize("number", ["9991001379", "9990001235"], ids=["own", "unused"])
def test_a_number_of_no_other_record_is_accepted_and_changes_nothing(pkb: Client, number: str):
    body = {"id": TOLA, "city": "Whitby", "nationalIds": [{"value": number, "name": "NHS"}]}
    assert ask(pkb, "PUT", "/v1/users", "PATIENT", json=body)["city"] == "Whitby"
    (patient,) = pkb.server.workspaces.default.store.find(Patient, "legacy_id", int(TOLA))
    assert [identifier.value for identifier in patient.identifiers if identifier.type == "NHS"] == ["9991001379"]


@pytest.mark.parametrize(
    ("caller", "id_", "status", "code"),
    [
        ("PATIENT", RHYS, 404, "NOT_FOUND"),
        ("PATIENT", OWEN, 404, "NOT_FOUND"),
        ("TEAMCOORD", "1", 404, "NOT_FOUND"),
        ("TEAMCOORD", OWEN, 403, "FORBIDDEN"),
        ("PATIENT", True, 400, "BAD_REQUEST"),
    ],
)
def test_no_other_user_is_changed(pkb: Client, caller: str, id_: Any, status: int, code: str):
    response = call(pkb, "PUT", "/v1/users", token_of(pkb, caller), json={"id": id_, "city": "X"})
    assert_error(response, status, code)


def test_a_carer_s_patient_is_not_the_carer_s_to_change(pkb: Client):
    token = pkb.user_token("samira.halloran@example.org")
    assert_error(call(pkb, "PUT", "/v1/users", token, json={"id": NOOR, "city": "X"}), 404, "NOT_FOUND")


# --- invitation codes ---


def test_every_call_makes_a_new_pair_for_ten_weeks_and_both_are_good(pkb: Client):
    first, second = (ask(pkb, "GET", f"/v1/users/{IDRIS}/recordAccessToken", "TEAMCOORD") for _ in "12")
    assert_object(first, "record-access-token")
    assert first["code"] != second["code"]
    body = {**{key: first[key] for key in ("code", "token")}, "date_of_birth": "1975-09-30"}
    body |= {"email": "idris@example.org", "password": "Letter-by-post-1"}
    clock = pkb.server.workspaces.default.clock
    clock.advance(timedelta(weeks=10, minutes=-1))
    assert pkb.http.post(f"/_sandbox/records/{IDRIS}/register", json=body).status_code == 200


def test_a_pair_is_over_after_ten_weeks(pkb: Client):
    pair = ask(pkb, "GET", f"/v1/users/{IDRIS}/recordAccessToken", "TEAMCOORD")
    pkb.server.workspaces.default.clock.advance(timedelta(weeks=10, minutes=1))
    body = {"code": pair["code"], "token": pair["token"], "date_of_birth": "1975-09-30"}
    body |= {"email": "idris@example.org", "password": "Letter-by-post-1"}
    assert pkb.http.post(f"/_sandbox/records/{IDRIS}/register", json=body).status_code == 409


def test_a_record_of_another_organisation_is_401(pkb: Client):
    token = pkb.user_token("amadou.teasdale@eastgate.example", "stepwise-clinic")
    response = call(pkb, "GET", f"/v1/users/{RHYS}/recordAccessToken", token)
    assert_error(response, 401, "RECORD_OF_ANOTHER_ORGANISATION")
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["source"].endswith("/custom-rest-apis")


def test_a_registered_or_deceased_patient_is_not_invited(pkb: Client):
    for id_ in (TOLA, MARJORIE):
        response = call(pkb, "GET", f"/v1/users/{id_}/recordAccessToken", token_of(pkb, "TEAMCOORD"))
        assert_error(response, 409, "CONFLICT")


# --- one-time passwords and deactivation ---


@pytest.mark.parametrize("caller", ["PATIENT", "CLINICIAN", "TEAMCOORD"])
def test_a_one_time_password_lets_a_browser_in_once(pkb: Client, caller: str):
    otp = ask(pkb, "GET", "/v1/otp", caller)
    assert_object(otp, "one-time-password")
    assert (len(otp["otpToken"]), otp["expiresIn"]) == (32, 60)
    query = {"otpToken": otp["otpToken"], "redirect_uri": "/auth/patientSummary.action"}
    assert pkb.http.get("/otp.action", params=query).status_code == 302
    assert pkb.http.get("/otp.action", params=query).status_code == 400


def test_a_one_time_password_is_not_written_down(pkb: Client):
    response = call(pkb, "GET", "/v1/otp", token_of(pkb, "PATIENT"))
    exchange = pkb.control(f"/exchanges/{response.headers['pkb-sandbox-exchange']}")
    assert response.json()["otpToken"] not in str(exchange)


def test_a_tethered_client_has_no_user_to_let_in(pkb: Client):
    assert_error(call(pkb, "GET", "/v1/otp", token_of(pkb, "SITE")), 403, "FORBIDDEN")


def test_a_deactivated_patient_is_out_at_once_and_can_be_invited_again(pkb: Client):
    token = pkb.user_token("samira.halloran@example.org")
    response = call(pkb, "POST", f"/v1/users/{SAMIRA}/deactivate", token_of(pkb, "TEAMCOORD"))
    assert (response.status_code, response.content) == (204, b"")
    assert_error(call(pkb, "GET", "/users/self", token), 401, "API_SESSION_INVALID")
    assert "samira.halloran@example.org" not in [user["email"] for user in pkb.credential("stepwise-diary")["users"]]
    again = call(pkb, "POST", f"/v1/users/{SAMIRA}/deactivate", token_of(pkb, "TEAMCOORD"))
    assert_error(again, 409, "CONFLICT")
    assert call(pkb, "GET", f"/v1/users/{SAMIRA}/recordAccessToken", token_of(pkb, "TEAMCOORD")).status_code == 200


def test_a_deactivated_professional_is_out_at_once(pkb: Client):
    token = token_of(pkb, "CLINICIAN")
    assert call(pkb, "POST", f"/v1/users/{OWEN}/deactivate", token_of(pkb, "SITE")).status_code == 204
    assert OWEN not in [result["id"] for result in ask(pkb, "GET", "/v1/users/self/colleagues", "SITE")["results"]]
    assert "owen.bright@northmoor.example" not in str(pkb.credential("stepwise-clinic")["users"])
    assert_error(call(pkb, "GET", "/users/self", token), 401, "API_SESSION_INVALID")
    user = pkb.control("/world")["users"][0]["id"]
    assert pkb.http.post(f"/_sandbox/users/{user}/one-time-password").status_code == 404


def test_a_professional_of_another_team_is_not_deactivated(pkb: Client):
    response = call(pkb, "POST", f"/v1/users/{OWEN}/deactivate", token_of(pkb, "TEAMCOORD"))
    assert_error(response, 404, "NOT_FOUND")
