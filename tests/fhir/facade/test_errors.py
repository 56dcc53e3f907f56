"""Each row of the table of errors that reading can reach, status and body exact.

Sources: *Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem ; HAPI's plain server,
https://github.com/hapifhir/hapi-fhir/issues/1935 and /405
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.matches import Matches
from tests.fhir.facade.inprocess import InProcess
from tests.fhir.facade.samples import BETTINA, NOOR, RHYS, SAMIRA, TOLA, ask
from tests.fhir.rendered.test_offered import NOT_HANDLED as HANDLE
from tests.fhir.rendered.test_offered import TYPES
from tests.support import EASTGATE, Client

CODES = "http://fhir.patientsknowbest.com/codesystem/response-code"
PATIENT = f"patient=Patient/{TOLA}"
APPOINTMENTS = f"/Appointment?{PATIENT}"


def outcome(code: str, diagnostics: str = "", response_code: tuple[str, str] | None = None) -> dict[str, Any]:
    issue: dict[str, Any] = {"severity": "error", "code": code}
    if response_code:
        coding = {"system": CODES, "code": response_code[0], "display": response_code[1]}
        issue["details"] = {"coding": [coding]}
    if diagnostics:
        issue["diagnostics"] = diagnostics
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def assert_refused(response: httpx.Response, status: int, body: dict[str, Any]) -> None:
    assert (response.status_code, response.json()) == (status, body)
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"


BAD = ("BAD_AUTHENTICATION", "Bad authentication")


NO_BEARER = "The Authorization header does not contain a bearer token"
GARBLED = {
    "": "",
    "Bearer": NO_BEARER,
    "Basic eDp5": NO_BEARER,
    "Bearer not-a-token": "The access token was not issued by this server",
    "Bearer a.b.c": "The access token was not issued by this server",
}
"""Authorization headers and their refusals."""


@pytest.mark.parametrize(("header", "text"), GARBLED.items())
def test_e1_no_or_garbled_authorization_is_401(pkb: Client, header: str, text: str):
    response = pkb.http.get(f"/fhir{APPOINTMENTS}", headers={"Authorization": header} if header else {})
    assert_refused(response, 401, outcome("login", text, BAD))
    unknown = ', error="invalid_token"' if "not issued by" in text else ""
    assert response.headers["www-authenticate"] == f'Bearer realm="pkb"{unknown}'


@pytest.mark.parametrize("app", [False, True], ids=["partner", "app"])
def test_e1b_an_expired_token_is_401(pkb: Client, app: bool):
    token = pkb.user_token("tola.adeyemi@example.org") if app else pkb.token("letterbox-facade")
    pkb.server.workspaces.default.clock.advance(timedelta(hours=2))
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    response = pkb.http.get(f"/fhir{APPOINTMENTS}", headers=headers)
    expired = outcome("expired", "Access token expired", ("ACC_TOKEN_EXPIRED", "Access token expired"))
    assert_refused(response, 401, expired)


NOT_HANDLED = {
    "a required parameter is missing": ("/Appointment?date=2026", "Appointment", "date"),
    "an unknown parameter": (f"/Appointment?{PATIENT}&status=x", "Appointment", "patient, status"),
    "none of the conditional ones": ("/DocumentReference", "DocumentReference", ""),
    "an unknown parameter of a read": (f"/Patient/{TOLA}?name=x", f"Patient/{TOLA}", "name"),
}


@pytest.mark.parametrize(("path", "operation", "names"), NOT_HANDLED.values(), ids=NOT_HANDLED)
def test_e2_a_parameter_is_missing_or_unknown(pkb: Client, path: str, operation: str, names: str):
    assert_refused(pkb.facade(path), 400, outcome("processing", HANDLE.format("GET", operation, names)))


BAD_VALUES = {
    "no date": ("date=soon", "Parameter date is not a valid date: soon"),
    "a prefix": ("date=ne2026", "Parameter date supports the prefixes [eq, gt, lt, ge, le], not ne"),
    "a modifier": ("date:missing=true", "Parameter date does not accept a modifier"),
    "a list": ("date=2026,2025", "Parameter date accepts one value, not a comma-separated list"),
    "nothing": ("date=", "Parameter date has no value"),
    "again": (PATIENT, "Parameter patient must not be repeated"),
    "a page": ("_count=0", "_count must be a number from 1 to 500"),
}


@pytest.mark.parametrize(("pair", "text"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_e3_a_bad_value_prefix_modifier_repetition_or_list(pkb: Client, pair: str, text: str):
    assert_refused(pkb.facade(f"{APPOINTMENTS}&{pair}"), 400, outcome("invalid", text))


def test_e3_an_unknown_category_is_400(pkb: Client):
    system = "http://fhir.patientsknowbest.com/codesystem/observation-category"
    text = f"Parameter category supports the values [{system}|LABORATORY, {system}|MEASUREMENT], not {system}|SYMPTOM"
    assert_refused(pkb.facade(f"/Observation?{PATIENT}&category={system}|SYMPTOM"), 400, outcome("invalid", text))
    text = "Parameter category supports the values [RADIOLOGY, IMAGING], not urn:x|CT"
    assert_refused(pkb.facade(f"/DiagnosticReport?{PATIENT}&category=urn:x|CT"), 400, outcome("invalid", text))


def test_e4_an_unknown_type_is_404(pkb: Client):
    text = f"Unknown resource type 'Medication' - Server knows how to handle: [{', '.join(TYPES)}]"
    assert_refused(pkb.facade("/Medication?patient=x"), 404, outcome("processing", text))


@pytest.mark.parametrize("type_", ["Organization", "Patient", "Practitioner", "ProcedureRequest", "Questionnaire"])
def test_e5_an_unknown_id_is_404(pkb: Client, type_: str):
    assert_refused(pkb.facade(f"/{type_}/nobody"), 404, outcome("not-found", f"Resource {type_}/nobody is not known"))


def test_e5_what_is_invisible_is_unknown(pkb: Client):
    text = f"Resource Patient/{RHYS} is not known"
    assert_refused(ask(pkb, f"/Patient/{RHYS}", TOLA), 404, outcome("not-found", text))


NOT_OFFERED = {
    "read": ("GET", "Appointment/1"),
    "vread": ("GET", "Patient/1/_history/1"),
    "history": ("GET", "Patient/1/_history"),
    "create": ("POST", "Patient"),
    "update": ("PUT", "Patient/1"),
    "patch": ("PATCH", "Patient/1"),
    "delete": ("DELETE", "Patient/1"),
    "a Person": ("GET", "Person/1"),
    "a search": ("GET", "Practitioner"),
}


@pytest.mark.parametrize(("method", "path"), NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_e6_an_unsupported_interaction_is_400(pkb: Client, method: str, path: str):
    assert_refused(pkb.facade(f"/{path}", method=method), 400, outcome("processing", HANDLE.format(method, path, "")))


def test_e7_another_kind_of_client_is_403(pkb: Client):
    token = pkb.tethered_token()
    response = pkb.http.get(f"/fhir{APPOINTMENTS}", headers={"Authorization": f"Bearer {token}"})
    text = "tethered-token-system-client may not call this API"
    expected = outcome("forbidden", text, ("USER_TYPE_NOT_PERM", "User type not permitted"))
    assert_refused(response, 403, expected)


SEARCHES = ["Appointment", "Communication", "Consent", "DocumentReference", "Encounter", "QuestionnaireResponse"]


@pytest.mark.parametrize("type_", SEARCHES)
def test_e7_a_patient_who_names_another_patient(pkb: Client, type_: str):
    text = "Patients may search only their own record, or one shared with them"
    for other in (RHYS, "nobody"):
        response = ask(pkb, f"/{type_}?patient={other}", TOLA)
        assert_refused(response, 403, outcome("forbidden", text))
    assert ask(pkb, f"/{type_}?patient={NOOR}", SAMIRA).status_code == 200


def test_e8_a_patient_whose_access_is_frozen(pkb: Client):
    frozen = outcome("suppressed", "", ("ACCESS_FROZEN_OUTWARD", "Access frozen outward"))
    assert_refused(ask(pkb, f"/Appointment?patient={BETTINA}", BETTINA), 403, frozen)


HEADER = "X-Org-Public-Id is required: the public id (a UUID) of the organisation on whose behalf you call"


@pytest.mark.parametrize("header", ["", "northmoor", "ab0469a5"])
def test_e9_no_organisation_header_or_no_uuid_is_400(pkb: Client, header: str):
    headers = {"X-Org-Public-Id": header} if header else {}
    response = pkb.facade(APPOINTMENTS, organisation=None, headers=headers)
    assert_refused(response, 400, outcome("value" if header else "required", HEADER))


@pytest.mark.parametrize(
    "organisation", ["b0f94adc-0ac3-46cb-bb52-cecbf41673e5", "00000000-0000-4000-8000-000000000000"]
)
def test_e10_an_organisation_that_is_unknown_or_granted_nothing(pkb: Client, organisation: str):
    response = pkb.facade(APPOINTMENTS, organisation=None, headers={"X-Org-Public-Id": organisation})
    assert_refused(response, 403, outcome("forbidden", f"Organisation {organisation} has not granted access"))


def test_e10_a_partner_with_no_grant_is_403(pkb: Client):
    response = pkb.facade(APPOINTMENTS, client="untethered-facade", organisation=EASTGATE)
    text = f"Organisation {pkb.organisation(EASTGATE)} has not granted access"
    assert_refused(response, 403, outcome("forbidden", text))


def test_e12b_an_operation_by_another_verb_is_405(pkb: Client):
    response = pkb.facade("/Observation/$group", method="POST")
    assert_refused(response, 405, outcome("processing", "POST is not allowed for $group: allowed are GET"))
    assert response.headers["allow"] == "GET"


def test_e13_an_identifier_without_system_or_value_is_400(pkb: Client):
    text = "Parameter identifier must have a system and a value: identifier=system|value"
    assert_refused(pkb.facade("/Patient?identifier=9991001379"), 400, outcome("exception", text))


def test_e14_an_unsupported_identifier_system_is_400(pkb: Client):
    text = "Parameter identifier supports the systems [https://fhir.nhs.uk/Id/nhs-number], not urn:x"
    assert_refused(pkb.facade("/Patient?identifier=urn:x|1"), 400, outcome("not-supported", text))


def test_e15_a_search_by_post_without_a_form_is_415(pkb: Client):
    headers = {"Content-Type": "application/fhir+json"}
    response = pkb.facade("/Appointment/_search", method="POST", content="{}", headers=headers)
    text = "The body of a search by POST must be application/x-www-form-urlencoded"
    assert_refused(response, 415, outcome("not-supported", text))


def test_e16_a_caller_that_does_not_accept_json(pkb: Client):
    text = "This endpoint returns application/fhir+json only"
    response = pkb.facade(APPOINTMENTS, headers={"Accept": "application/fhir+xml"})
    assert_refused(response, 406, outcome("not-supported", text))


class Broken:
    """A source with a fault in it."""

    def read(self, viewer: Viewer, id_: str) -> None:
        raise RuntimeError("a secret of the inside")

    def search(self, viewer: Viewer, query: object) -> Matches[Any]:
        raise RuntimeError("a secret of the inside")


def test_e17_a_fault_of_the_server_is_500_and_stays_in_the_log(caplog: pytest.LogCaptureFixture):
    facade = InProcess()
    facade.engine.sources = {**facade.engine.sources, "Appointment": Broken()}
    response = facade.ask(APPOINTMENTS)
    assert_refused(response, 500, outcome("exception", "Internal error: the log of the sandbox has the details"))
    assert "a secret of the inside" in caplog.text
