"""Each row of the table of errors, reached through operations: status, issue code, response code, words.

The rows follow HAPI's plain server and PKB's response codes (http://dev.patientsknowbest.com/home/fhir-api/codesystem).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.fhir.facade import operations
from sandbox.model import Patient
from tests.fhir.facade.operations.samples import TOLA, nhs, patients, post
from tests.fhir.facade.test_errors import BAD, GARBLED, HEADER, NO_BEARER, assert_refused, outcome
from tests.fhir.rendered.test_offered import FACADE, NOT_HANDLED, TYPES
from tests.support import EASTGATE, Client, assert_operation_outcome

STATUS = "/Patient/$status-query"
BODY = patients(nhs(TOLA))
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
FOR_SYSTEMS = [operation for operation in FACADE.operations if operation.callers == ("system-client",)]
NOT_PERMITTED = ("USER_TYPE_NOT_PERM", "User type not permitted")
FOR_NOBODY = [operation for operation in FACADE.operations if not operation.callers]


def path(operation: Any) -> str:
    return f"/{operation.resource}{'/1' if operation.level == 'instance' else ''}/${operation.name}"


def named(operation: Any) -> str:
    return str(operation.name)


@pytest.mark.parametrize(("authorization", "text"), [*GARBLED.items(), ("nonsense", NO_BEARER)])
def test_e1_no_or_garbled_authorization_is_401(pkb: Client, authorization: str, text: str):
    headers = {"Authorization": authorization} if authorization else {}
    response = pkb.http.post(f"/fhir{STATUS}", json=BODY, headers=headers)
    assert_refused(response, 401, outcome("login", text, BAD))
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_e1b_an_expired_token_is_401(pkb: Client):
    token = pkb.token("letterbox-facade")
    pkb.server.workspaces.default.clock.advance(timedelta(hours=2))
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    response = pkb.http.post(f"/fhir{STATUS}", json=BODY, headers=headers)
    text = "Access token expired"
    assert_refused(response, 401, outcome("expired", text, ("ACC_TOKEN_EXPIRED", text)))


def test_e1c_a_session_that_was_ended_by_a_second_use_of_its_refresh_token(pkb: Client):
    listed = pkb.credential("letterbox-tethered")["refresh_token"]
    token = pkb.tethered_token()
    form = {"client_id": "letterbox-tethered", "scope": "SITE", "grant_type": "refresh_token", "refresh_token": listed}
    assert pkb.http.post("/apiToken.action", data=form).status_code >= 400
    response = pkb.http.post(f"/fhir{STATUS}", json=BODY, headers={"Authorization": f"Bearer {token}"})
    invalid = ("API_SESSION_INVALID", "API session invalid")
    assert_refused(response, 401, outcome("security", "API session invalid", invalid))


def test_e2_an_unknown_parameter_of_the_address_is_400(pkb: Client):
    text = (
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        "POST operation[Patient/$status-query] with parameters [[colour]]"
    )
    assert_operation_outcome(post(pkb, f"{STATUS}?colour=red", BODY), 400, "processing", text)


def test_e4_an_unknown_type_is_404(pkb: Client):
    text = f"Unknown resource type 'Pacient' - Server knows how to handle: [{', '.join(TYPES)}]"
    assert_refused(post(pkb, "/Pacient/$status-query", BODY), 404, outcome("processing", text))


def test_e6_an_unknown_operation_is_400(pkb: Client):
    text = NOT_HANDLED.format("POST", "Patient/$everything", "")
    assert_refused(post(pkb, "/Patient/$everything", BODY), 400, outcome("processing", text))


@pytest.mark.parametrize("operation", FOR_SYSTEMS, ids=named)
@pytest.mark.parametrize(
    ("email", "client", "scope"),
    [
        ("tola.adeyemi@example.org", "stepwise-diary", "PATIENT"),
        ("owen.bright@northmoor.example", "stepwise-clinic", "CLINICIAN"),
        ("dilys.farrow@northmoor.example", "stepwise-clinic", "TEAMCOORD"),
    ],
    ids=["patient", "professional", "coordinator"],
)
def test_e7_a_person_who_calls_what_is_for_systems(pkb: Client, operation: Any, email: str, client: str, scope: str):
    headers = {"Authorization": f"Bearer {pkb.user_token(email, client)}"}
    response = pkb.facade(path(operation), method="POST", json=BODY, client="", headers=headers)
    text = f"user-client:{scope} may not call ${operation.name}"
    assert_refused(response, 403, outcome("forbidden", text, NOT_PERMITTED))


@pytest.mark.parametrize("operation", FOR_NOBODY, ids=named)
def test_e7_destroying_accounts_is_refused_to_all(pkb: Client, operation: Any):
    response = post(pkb, path(operation), {"resourceType": "Parameters"})
    text = f"system-client may not call ${operation.name}"
    assert_refused(response, 403, outcome("forbidden", text, NOT_PERMITTED))
    assert response.headers["pkb-sandbox-standing"] == "choice"


def test_e7_a_customer_is_of_another_issuer(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    response = pkb.facade(STATUS, method="POST", json=BODY, client="", headers=headers)
    assert_refused(response, 401, outcome("login", "Token was issued elsewhere", BAD))
    assert response.headers["pkb-sandbox-cell"] == "customer.facade.read_demographics"


@pytest.mark.parametrize("operation", ["/Consent/$purview", "/Patient/$date-of-last-data-point"])
def test_e8_a_patient_whose_access_is_frozen(pkb: Client, operation: str):
    headers = {"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"}
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, TOLA_ID), access_frozen=True))
    response = pkb.facade(operation, client="", headers=headers)
    frozen = ("ACCESS_FROZEN_OUTWARD", "Access frozen outward")
    assert_refused(response, 403, outcome("suppressed", "", frozen))


@pytest.mark.parametrize("operation", FOR_SYSTEMS, ids=named)
def test_e9_e10_the_organisation_header_must_name_one_that_granted_access(pkb: Client, operation: Any):
    address = path(operation)
    assert_refused(post(pkb, address, BODY, organisation=None), 400, outcome("required", HEADER))
    malformed = post(pkb, address, BODY, organisation=None, headers={"X-Org-Public-Id": "Northmoor"})
    assert_refused(malformed, 400, outcome("value", HEADER))
    for unknown in ("00000000-0000-4000-8000-000000000000", "b0f94adc-0ac3-46cb-bb52-cecbf41673e5"):
        response = post(pkb, address, BODY, organisation=None, headers={"X-Org-Public-Id": unknown})
        assert_refused(response, 403, outcome("forbidden", f"Organisation {unknown} has not granted access"))
    ungranted = post(pkb, address, BODY, client="untethered-facade")
    assert_refused(ungranted, 403, outcome("forbidden", f"Organisation {pkb.organisation()} has not granted access"))


@pytest.mark.parametrize("operation", [operation for operation in FOR_SYSTEMS if operation.level == "type"], ids=named)
def test_e11_the_body_is_missing_or_something_else(pkb: Client, operation: Any):
    missing = "The body must be a Parameters resource, but it is missing"
    assert_operation_outcome(pkb.facade(path(operation), method="POST"), 400, "structure", missing)
    other = "The body must be a Parameters resource, not 'Patient'"
    assert_operation_outcome(post(pkb, path(operation), {"resourceType": "Patient"}), 400, "structure", other)


@pytest.mark.parametrize("operation", [operation for operation in FOR_SYSTEMS if operation.level == "type"], ids=named)
def test_e12_a_parameter_is_missing_or_there_too_often(pkb: Client, operation: Any):
    name = "documentIdentifier" if operation.name == "read-receipt-query" else "patientIdentifier"
    most = {"status-query": 5000, "read-receipt-query": 5000, "generate-invitation-tokens": 500}[operation.name]
    none = post(pkb, path(operation), {"resourceType": "Parameters"})
    assert_operation_outcome(none, 400, "required", f"{name} is missing")
    rows = [{"name": name, "valueIdentifier": nhs(TOLA)}] * (most + 1)
    many = post(pkb, path(operation), {"resourceType": "Parameters", "parameter": rows})
    assert_operation_outcome(many, 400, "too-costly", f"{name}: at most {most} may be given, {most + 1} were")


@pytest.mark.parametrize("operation", FOR_SYSTEMS, ids=named)
def test_e12b_an_unsupported_method_is_405(pkb: Client, operation: Any):
    response = pkb.facade(path(operation))
    text = f"GET is not allowed for ${operation.name}: allowed are POST"
    assert_operation_outcome(response, 405, "processing", text)
    assert response.headers["allow"] == "POST"


def test_every_permitted_operation_is_in_the_table():
    assert set(operations.FACADE) == {
        (operation.resource, operation.name) for operation in FACADE.operations if operation.callers
    }


def test_each_refusal_is_explained(pkb: Client):
    response = post(pkb, STATUS, patients({"system": "urn:x", "value": "1"}), organisation=EASTGATE)
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["cell"] == "partner.facade.read_demographics"
    assert explanation["standing"] == "documented"
    assert "https://fhir.nhs.uk/Id/nhs-number" in explanation["instead"]
