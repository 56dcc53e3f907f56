"""The addresses of the Custom REST API: mounts, unknown paths, other methods, and what needs no token.

Source: http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import httpx
import pytest

from tests.rest.support import assert_error, assert_object, call, token_of
from tests.support import Client

MOUNTS = pytest.mark.parametrize("mount", ["/json", "/rest"])
TYPES = "/v2-beta/measurements/apiRefs"
UNKNOWN = {
    "nothing": "",
    "an entity without operations": "/v1/appointments",
    "another version": "/v1/allergies/forPatient/1",
    "a path of 2014 in another version": "/v2-beta/diagnoses/all",
    "too short": "/attachments/",
    "too long": "/attachments/1/2",
    "another case": "/Users/Self",
    "a slash at the end": "/users/self/",
    "the other mount inside": "/json/users/self",
}
ALLOWED = {
    ("PUT", "/v2-beta/measurements/apiRefs"): "GET",
    ("DELETE", "/v1/measurements/all"): "GET",
    ("DELETE", "/v1/medications"): "GET, POST, PUT",
    ("POST", "/users/self"): "GET",
    ("GET", "/v1/measurements"): "POST, PUT",
    ("PATCH", "/v2-beta/measurements/1"): "GET, POST, PUT",
    ("OPTIONS", "/attachments/1"): "GET",
}


@MOUNTS
def test_an_operation_is_at_both_mounts(pkb: Client, mount: str):
    response = call(pkb, "GET", "/users/self", token_of(pkb, "PATIENT"), mount)
    assert_object(response.json(), "user")
    assert response.headers["pkb-sandbox-cell"] == "app.rest.read_demographics"


def test_the_exchange_names_the_operation(pkb: Client):
    response = call(pkb, "GET", "/v2-beta/measurements/17", token_of(pkb, "CLINICIAN"))
    exchange = pkb.control(f"/exchanges/{response.headers['pkb-sandbox-exchange']}")
    assert exchange["operation"] == "GET /v2-beta/measurements/{patientId}"


@MOUNTS
@pytest.mark.parametrize("path", UNKNOWN.values(), ids=UNKNOWN)
def test_a_path_outside_of_the_catalogue_is_not_found(pkb: Client, mount: str, path: str):
    response = call(pkb, "GET", path, token_of(pkb, "PATIENT"), mount)
    assert_error(response, 404, "NOT_FOUND", f"No route matches {mount}{path}")
    assert "pkb-sandbox-cell" not in response.headers
    assert "404" in pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["rule"]


@pytest.mark.parametrize(("request_", "allowed"), ALLOWED.items(), ids=lambda request_: " ".join(request_))
def test_another_method_is_not_allowed(pkb: Client, request_: tuple[str, str], allowed: str):
    method, path = request_
    response = call(pkb, method, path, token_of(pkb, "PATIENT"))
    assert_error(response, 405, "METHOD_NOT_ALLOWED", f"{method} is not offered at /json{path}; allowed: {allowed}")
    assert response.headers["allow"] == allowed
    assert "pkb-sandbox-cell" not in response.headers


def test_a_head_is_answered_as_a_get(pkb: Client):
    assert call(pkb, "HEAD", "/users/self", token_of(pkb, "PATIENT")).status_code == 200
    assert call(pkb, "HEAD", TYPES).status_code == 200


@pytest.mark.parametrize("path", ["/users/self", "/v1/appointments"], ids=["known", "unknown"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_the_caller_is_checked_before_the_request(pkb: Client, method: str, path: str):
    response = call(pkb, method, path)
    assert_error(response, 401, "BAD_AUTHENTICATION", "The access token is missing")
    assert response.headers["www-authenticate"] == 'Bearer realm="pkb"'


def without_a_token(pkb: Client, mount: str) -> httpx.Response:
    return call(pkb, "GET", TYPES, mount=mount)


def with_a_dead_token(pkb: Client, mount: str) -> httpx.Response:
    return call(pkb, "GET", TYPES, "null", mount)


def with_a_token_of_the_other_issuer(pkb: Client, mount: str) -> httpx.Response:
    return call(pkb, "GET", TYPES, pkb.token("northmoor-fhir"), mount)


@MOUNTS
@pytest.mark.parametrize("ask", [without_a_token, with_a_dead_token, with_a_token_of_the_other_issuer])
def test_the_measurement_types_are_public(pkb: Client, mount: str, ask):
    response = ask(pkb, mount)
    assert response.status_code == 200
    for type_ in response.json():
        assert_object(type_, "measurement-type")
    assert "pkb-sandbox-cell" not in response.headers


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_only_reading_them_is_public(pkb: Client, method: str):
    assert_error(call(pkb, method, TYPES), 401, "BAD_AUTHENTICATION")
