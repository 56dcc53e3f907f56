"""The secret that stands for a recorded one, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.replay.authorization import VERIFIER, WRONG, NotAvailable, ReplayTokens, is_secret_refused
from sandbox.replay.connection import ReplayedResponse
from sandbox.replay.recording import MASK
from tests.replay.recorded_requests import BEARER, Json, authorization, basic, recorded

# --- the header ---

HEADERS: dict[str, tuple[Json, str]] = {
    "HL7": ({"api": "hl7", "client": "old"}, basic("new:pw-1")),
    "HL7, refused": ({"api": "hl7", "client": "old", "status": 401}, basic(f"new:{WRONG}")),
    "HL7 of somebody else, refused": ({"api": "hl7", "client": "x", "status": 401}, basic(f"x:{WRONG}")),
    "HL7 of nobody, refused": ({"api": "hl7", "client": "", "status": 401}, basic(f"{WRONG}:{WRONG}")),
    "HL7 of nobody": ({"api": "hl7", "client": ""}, ""),
    "a token request": ({"api": "oauth", "client": "old-sys"}, basic("new-sys:s-2")),
    "a token request, refused": ({"api": "oauth", "client": "old-sys", "status": 400}, basic(f"new-sys:{WRONG}")),
    "a token": ({}, "Bearer of-the-file"),
    "a token, refused": ({"status": 401}, f"Bearer {WRONG}"),
    "a token, and a bad request": ({"status": 400}, "Bearer of-the-file"),
    "a token of somebody else, refused": ({"client": "x", "status": 401}, f"Bearer {WRONG}"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_caller_has_the_secret_that_stands_for_the_recorded_one(case: str):
    values, header = HEADERS[case]
    assert authorization().header(recorded(headers=BEARER, **values)) == header


def test_a_caller_without_a_credential_is_named():
    with pytest.raises(NotAvailable, match=r"the credentials file has no credential for x \(system-client\)"):
        authorization().header(recorded(headers=BEARER, client="x", kind="system-client"))


@pytest.mark.parametrize(
    ("values", "is_refused"),
    [
        ({"headers": BEARER, "status": 401}, True),
        ({"headers": BEARER, "status": 400}, False),
        ({"headers": BEARER, "status": 400, "api": "oauth"}, True),
        ({"headers": BEARER, "status": 403, "api": "oauth"}, False),
        ({"status": 401}, False),
        ({"status": 401, "target": f"/fhir?access_token={MASK}"}, True),
        ({"status": 401, "target": "/fhir?access_token=%5Bredacted%5D"}, True),
        ({"status": 401, "body": f"password={MASK}"}, True),
    ],
    ids=str,
)
def test_a_request_was_refused_for_its_secret_if_it_had_one(values: Json, is_refused: bool):
    assert is_secret_refused(recorded(**values)) is is_refused


# --- secrets in forms ---

OAUTH: Json = {"api": "oauth", "client": "old-app", "user": "u-1", "headers": BEARER}
SECRETS: dict[str, tuple[str, Json, str]] = {
    "a client's secret": ("client_secret", OAUTH, "s-1"),
    "a password": ("password", OAUTH, "s-1"),
    "a secret that was refused": ("client_secret", {**OAUTH, "status": 400}, WRONG),
    "an access token": ("access_token", {"client": "old-sys"}, "of-the-file"),
    "a token": ("token", {"client": "old-sys"}, "of-the-file"),
    "an access token that was refused": ("access_token", {"status": 401, "headers": BEARER}, WRONG),
    "a verifier": ("code_verifier", OAUTH, VERIFIER),
    "a verifier that was refused": ("code_verifier", {**OAUTH, "status": 400}, WRONG),
    "a code that was refused": ("code", {**OAUTH, "status": 400}, WRONG),
    "a refresh token that was refused": ("refresh_token", {**OAUTH, "status": 400}, WRONG),
    "anything else": ("state", OAUTH, WRONG),
    "a one-time password that was refused": ("otpToken", {**OAUTH, "status": 400}, WRONG),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_masked_value_has_a_secret_by_its_name(case: str):
    name, values, secret = SECRETS[case]
    assert authorization().secret(name, recorded(**values), {}) == secret


def test_one_time_passwords_are_used_in_the_order_of_issue():
    secrets = authorization()
    for password in ("first", "second"):
        secrets.note(recorded(), ReplayedResponse(200, {}, json.dumps({"otpToken": password}).encode()))
    assert [secrets.secret("otpToken", recorded(), {}) for _ in range(2)] == ["first", "second"]
    with pytest.raises(NotAvailable, match="no one-time password was issued"):
        secrets.secret("otpToken", recorded(), {})


@pytest.mark.parametrize(
    ("status", "body", "tokens"),
    [
        (200, {"access_token": "a", "refresh_token": "r"}, ("a", "r")),
        (200, {"access_token": "a"}, ("a", "")),
        (200, {"access_token": 1, "refresh_token": "r"}, ("before", "kept")),
        (200, ["access_token"], ("before", "kept")),
        (201, {"access_token": "a"}, ("before", "kept")),
        (400, {"access_token": "a"}, ("before", "kept")),
    ],
)
def test_the_newest_tokens_of_a_client_and_user_count(status: int, body: Any, tokens: tuple[str, str]):
    secrets = authorization()
    secrets.tokens["old-app", "u-1"] = ReplayTokens("before", "kept")
    secrets.note(recorded(**OAUTH), ReplayedResponse(status, {}, json.dumps(body).encode()))
    noted = secrets.tokens["old-app", "u-1"]
    assert (noted.access, noted.refresh) == tokens
    assert secrets.secret("refresh_token", recorded(**OAUTH), {}) == tokens[1] if tokens[1] else True


@pytest.mark.parametrize(
    ("values", "is_forgotten"),
    [
        ({"headers": BEARER}, True),
        ({}, False),
        ({"headers": BEARER, "status": 401}, False),
        ({"headers": BEARER, "api": "hl7"}, False),
        ({"headers": BEARER, "api": "oauth"}, False),
        ({"headers": BEARER, "client": "old-app"}, False),
        ({"headers": BEARER, "user": "u-1"}, False),
    ],
    ids=str,
)
def test_a_token_is_forgotten_once_if_the_recorded_one_was_accepted(values: Json, is_forgotten: bool):
    secrets = authorization()
    secrets.tokens["old-sys", ""] = ReplayTokens("a")
    assert secrets.forget(recorded(**values)) is is_forgotten
    assert secrets.tokens["old-sys", ""].access == ("" if is_forgotten else "a")
    assert not secrets.forget(recorded(headers=BEARER)) if is_forgotten else True
