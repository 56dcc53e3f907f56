"""Every code of the error table, and what is hostile, huge or broken: an answer in the API's own words, always.

Source: http://dev.patientsknowbest.com/home/fhir-api/codesystem for the codes of bad tokens
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.model import Measurement
from sandbox.rest.dialect import statuses
from sandbox.server import SandboxServer
from tests.rest.support import assert_error, call, token_of
from tests.support import Client

MEASUREMENTS = "/v1/measurements"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
WEIGHT = {"apiRef": "weight", "value": 64}


def expired_token(pkb: Client) -> httpx.Response:
    token = token_of(pkb, "PATIENT")
    pkb.server.workspaces.default.clock.advance(timedelta(hours=1))
    return call(pkb, "GET", "/users/self", token)


def used_refresh_token(pkb: Client) -> httpx.Response:
    listed = pkb.credential("letterbox-tethered")["refresh_token"]
    form = {"client_id": "letterbox-tethered", "scope": "SITE", "grant_type": "refresh_token", "refresh_token": listed}
    token = pkb.http.post("/apiToken.action", data=form).json()["access_token"]
    pkb.http.post("/apiToken.action", data=form)
    return call(pkb, "GET", "/users/self", token)


def expired_session(pkb: Client) -> httpx.Response:
    with SandboxServer(port=0, session_seconds=60) as server:
        short = Client(server)
        token = token_of(short, "PATIENT")
        server.workspaces.default.clock.advance(timedelta(seconds=61))
        response = call(short, "GET", "/users/self", token)
        short.http.close()
    return response


def broken_service(pkb: Client) -> httpx.Response:
    """A fault of the sandbox itself: what is stored is no patient's."""
    token = token_of(pkb, "PATIENT")
    call(pkb, "POST", MEASUREMENTS, token, json=WEIGHT)
    store = pkb.server.workspaces.default.store
    (stored,) = store.find(Measurement, "patient", TOLA)
    never: Any = "never"
    store.put(replace(stored, at=never))
    return call(pkb, "GET", "/v2-beta/measurements", token)


def wrong_type(pkb: Client) -> httpx.Response:
    return call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), data={"apiRef": "weight"})


def too_large(pkb: Client) -> httpx.Response:
    content = b"x" * (20 * 1024 * 1024 + 1)
    return call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), content=content)


def conflict(pkb: Client) -> httpx.Response:
    body = {"teamId": "2002", "generalHealthConsentGranted": True}
    return call(pkb, "POST", "/v1/consents/forPatient/5001", token_of(pkb, "PATIENT"), json=body)


def of_another_organisation(pkb: Client) -> httpx.Response:
    token = pkb.user_token("amadou.teasdale@eastgate.example", "stepwise-clinic")
    return call(pkb, "GET", "/v1/users/5010/recordAccessToken", token)


def frozen(pkb: Client) -> httpx.Response:
    return call(pkb, "GET", "/users/self", pkb.user_token("bettina.achterberg@example.org"))


def get(path: str, caller: str) -> Callable[[Client], httpx.Response]:
    return lambda pkb: call(pkb, "GET", path, token_of(pkb, caller))


REACHED: dict[str, Callable[[Client], httpx.Response]] = {
    "BAD_REQUEST": get("/v2-beta/measurements?apiRefs=mood", "PATIENT"),
    "BAD_AUTHENTICATION": lambda pkb: call(pkb, "GET", "/users/self", "null"),
    "ACC_TOKEN_EXPIRED": expired_token,
    "API_SESSION_EXPIRED": expired_session,
    "API_SESSION_INVALID": used_refresh_token,
    "RECORD_OF_ANOTHER_ORGANISATION": of_another_organisation,
    "ACCESS_FROZEN_OUTWARD": frozen,
    "WRONG_SCOPE": get("/v1/users/self/patients", "PATIENT"),
    "WRONG_CLIENT_TYPE": lambda pkb: call(pkb, "GET", "/users/self", pkb.token("letterbox-facade")),
    "FORBIDDEN": get("/v1/otp", "SITE"),
    "NOT_FOUND": get("/v1/users/1", "PATIENT"),
    "METHOD_NOT_ALLOWED": lambda pkb: call(pkb, "DELETE", "/users/self", token_of(pkb, "PATIENT")),
    "CONFLICT": conflict,
    "TOO_LARGE": too_large,
    "UNSUPPORTED_MEDIA_TYPE": wrong_type,
    "INTERNAL_ERROR": broken_service,
}


def test_the_table_has_every_code_once():
    assert set(REACHED) == set(statuses())


@pytest.mark.parametrize("code", REACHED)
def test_every_refusal_of_the_table_is_reached(pkb: Client, code: str):
    response = REACHED[code](pkb)
    assert_error(response, statuses()[code], code)
    assert ("www-authenticate" in response.headers) == (response.status_code == 401)
    assert response.headers["pkb-sandbox-explain"]
    assert "Traceback" not in response.text


# --- hostile input ---

BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "not UTF-8": b'{"apiRef": "\xff"}',
    "UTF-16": json.dumps(WEIGHT).encode("utf-16"),
    "NaN": b'{"apiRef": "weight", "value": NaN}',
    "infinity": b'{"apiRef": "weight", "value": -Infinity}',
    "an exponent": b'{"apiRef": "weight", "value": 1e999999999}',
    "many digits": b'{"apiRef": "weight", "value": ' + b"1" * 5000 + b"}",
    "a key twice": b'{"apiRef": "weight", "value": 1, "value": 2}',
    "a key twice inside": b'{"apiRef": "weight", "value": 1, "x": {"a": 1, "a": 2}}',
    "half a character": b'{"apiRef": "\\ud800", "value": 1}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a text of a megabyte": json.dumps({**WEIGHT, "valueNonNumeric": "x" * 2**20}).encode(),
    "an id of a megabyte": json.dumps({**WEIGHT, "apiRef": "x" * 2**20}).encode(),
}


@pytest.mark.parametrize("content", BODIES.values(), ids=BODIES)
def test_a_broken_body_is_a_bad_request(pkb: Client, content: bytes):
    response = call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), content=content)
    assert_error(response, 400, "BAD_REQUEST")
    assert len(response.text) < 500
    assert call(pkb, "GET", "/v2-beta/measurements", token_of(pkb, "PATIENT")).json() == []


def test_an_unknown_key_may_have_any_value(pkb: Client):
    body: dict[str, Any] = {**WEIGHT, "x" * 2**20: ["y" * 2**20]}
    assert call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), json=body).status_code == 200


def test_html_may_be_long(pkb: Client):
    body = {"name": "Plan", "actionPlan": "<p>" + "x" * 2**20}
    response = call(pkb, "POST", "/v1/treatmentPlans", token_of(pkb, "PATIENT"), json=body)
    assert response.json()["actionPlan"] == body["actionPlan"]


@pytest.mark.parametrize("media_type", ["application/xml", "text/plain", "multipart/form-data; boundary=x", "x"])
def test_a_body_of_another_type_is_refused(pkb: Client, media_type: str):
    headers = {"Content-Type": media_type}
    response = call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), json=WEIGHT, headers=headers)
    assert_error(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/merge-patch+json", ""])
def test_json_may_be_declared_in_several_ways(pkb: Client, media_type: str):
    headers = {"Content-Type": media_type}
    response = call(pkb, "POST", MEASUREMENTS, token_of(pkb, "PATIENT"), json=WEIGHT, headers=headers)
    assert response.status_code == 200


PATHS = [
    "/v1/users/..%2f..%2f..%2fetc%2fpasswd",
    "/v1/users/%2e%2e",
    "/v1/users/5001%00",
    "/v1/users/5001%0d%0aSet-Cookie:%20x=1",
    "/v1/users/%F0%9F%92%A3",
    "/v1/users/%ff",
    "/v1/users/-5001",
    "/v1/users/5001.0",
    "/v1/users/0x1389",
    "/v1/users/" + "5" * 4000,
    "/v1/medications/forPatient/'%20OR%201=1--",
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:50])
def test_an_unknown_id_is_not_found(pkb: Client, path: str):
    response = call(pkb, "GET", path, token_of(pkb, "CLINICIAN"))
    assert_error(response, 404, "NOT_FOUND")
    assert "set-cookie" not in response.headers
