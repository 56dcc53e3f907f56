"""Permission to call: the scope of each operation against the user type of the session.

Source: *Scopes*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes
"""

from __future__ import annotations

import re

import pytest

from sandbox.rest.catalogue import RestOperation, operations
from tests.rest.support import PEOPLE, assert_error, call, token_of
from tests.support import Client

CALLERS = (*PEOPLE, "SITE")
PASSES = {"PATIENT": {"PATIENT"}, "CLINICIAN": {"CLINICIAN"}, "TEAMCOORD": {"TEAMCOORD"}}
PASSES["SITE"] = {"CLINICIAN", "TEAMCOORD"}
TYPES = {"PATIENT": "app", "CLINICIAN": "app", "TEAMCOORD": "app", "SITE": "partner"}
WORDS = {
    ("PATIENT", "GET", "/v1/users/1/recordAccessToken"): "TEAMCOORD",
    ("PATIENT", "GET", "/v2-beta/allergies/forPatient/1"): "CLINICIAN",
    ("PATIENT", "GET", "/v1/users/self/patients"): "CLINICIAN, TEAMCOORD",
    ("CLINICIAN", "GET", "/v2-beta/measurements"): "PATIENT",
    ("CLINICIAN", "PUT", "/v1/users"): "PATIENT, TEAMCOORD",
    ("TEAMCOORD", "GET", "/messages/after/0"): "PATIENT, CLINICIAN",
    ("SITE", "POST", "/v1/measurements"): "PATIENT",
}
"""Caller and request → how the refusal names the scopes of the operation."""


@pytest.mark.parametrize("caller", CALLERS)
def test_a_session_may_call_the_operations_of_its_scope_and_no_other(pkb: Client, caller: str):
    token = token_of(pkb, caller)
    for operation in operations():
        if operation.public:
            continue
        response = call(pkb, operation.method, address(operation), token)
        allowed = bool(PASSES[caller] & set(operation.scopes))
        cell = response.headers["pkb-sandbox-cell"].split(", ")[0]
        assert cell == f"{TYPES[caller]}.rest.{operation.action}"
        if allowed:
            assert "WRONG_SCOPE" not in response.text
        else:
            assert_error(response, 403, "WRONG_SCOPE")


def address(operation: RestOperation) -> str:
    """The path of an operation with something in each of its slots."""
    return re.sub(r"\{\w+\}", "1", operation.path)


@pytest.mark.parametrize(("request_", "required"), WORDS.items(), ids=lambda request_: " ".join(request_))
def test_another_user_type_is_refused_in_the_words_of_pkb(pkb: Client, request_: tuple[str, str, str], required: str):
    caller, method, path = request_
    response = call(pkb, method, path, token_of(pkb, caller))
    text = f"User type {caller} can't execute API call requiring scope {required}"
    assert_error(response, 403, "WRONG_SCOPE", text)
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["source"] == "https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364421658/Scopes"


def test_the_explanation_names_the_scopes_that_would_have_done(pkb: Client):
    response = call(pkb, "GET", "/v1/users/1/recordAccessToken", token_of(pkb, "PATIENT"))
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["instead"] == "a token of scope TEAMCOORD or SITE"


def test_frozen_access_is_said_before_the_scope(pkb: Client):
    token = pkb.user_token("bettina.achterberg@example.org")
    response = call(pkb, "GET", "/v1/users/1/recordAccessToken", token)
    assert_error(response, 403, "ACCESS_FROZEN_OUTWARD")


def test_a_system_client_is_of_the_wrong_type_whatever_the_scope(pkb: Client):
    response = call(pkb, "GET", "/users/self", pkb.token("letterbox-facade"))
    assert_error(response, 403, "WRONG_CLIENT_TYPE")
    assert response.headers["pkb-sandbox-cell"] == "partner.rest.read_demographics"


def test_a_token_of_the_other_issuer_is_not_accepted(pkb: Client):
    response = call(pkb, "GET", "/users/self", pkb.token("northmoor-fhir"))
    assert_error(response, 401, "BAD_AUTHENTICATION")
    assert response.headers["pkb-sandbox-cell"] == "customer.rest.read_demographics"
