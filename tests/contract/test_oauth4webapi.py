"""Every grant with oauth4webapi, which accepts nothing that the RFCs do not allow."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import Client

NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")
SCRIPT = Path(__file__).with_name("oauth4webapi.mjs")

pytestmark = [
    pytest.mark.own_environment("node"),
    pytest.mark.skipif(
        not NODE or shutil.which("node") is None,
        reason="oauth4webapi 3 is not at hand: PKB_SANDBOX_TEST_NODE names no folder with node_modules",
    ),
]


@pytest.fixture(scope="module")
def results(running: Client) -> dict[str, Any]:
    """The script's output for a sandbox in its seeded state."""
    assert running.http.post("/_sandbox/reset").status_code == 200
    secrets = {name: running.credential(name)["client_secret"] for name in ("letterbox-facade", "northmoor-fhir")}
    settings = {
        "clients": [
            ["/api/oauth/token", "letterbox-facade", secrets["letterbox-facade"]],
            ["realm", "northmoor-fhir", secrets["northmoor-fhir"]],
        ],
        "app": {"id": "stepwise-diary", "redirect": "http://localhost:8400/done"},
        "user": running.patient("Registered, reads her own record")["id"],
        "organisation": running.organisation(),
    }
    command = ["node", str(SCRIPT), running.server.base_url, json.dumps(settings)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def body_error(status: int, error: str) -> dict[str, Any]:
    return {"class": "ResponseBodyError", "status": status, "error": error}


def challenged(scheme: str, **parameters: str) -> dict[str, Any]:
    challenges = [{"scheme": scheme, "parameters": parameters}]
    return {"class": "WWWAuthenticateChallengeError", "status": 401, "challenges": challenges}


def assert_told(refusal: dict[str, Any], expected: dict[str, Any]) -> None:
    """The refusal, whose description may say anything but nothing."""
    assert {name: value for name, value in refusal.items() if name != "about"} == expected
    assert refusal.get("about", "-")


INVALID_TOKEN = challenged("bearer", realm="pkb", error="invalid_token")


def test_the_realm_is_discovered(results: dict[str, Any], running: Client):
    realm = f"{running.server.base_url}/auth/realms/pkb"
    assert results["discovery"]["issuer"] == realm
    assert results["discovery"]["token_endpoint"] == f"{realm}/protocol/openid-connect/token"


@pytest.mark.parametrize("how", ["basic", "post"])
def test_both_endpoints_give_client_credentials(results: dict[str, Any], how: str):
    for client, lifetime in (("letterbox-facade", 3599), ("northmoor-fhir", 300)):
        answer = results["client_credentials"][client][how]
        assert (answer["token_type"], answer["expires_in"], answer["refreshes"]) == ("bearer", lifetime, False)
        assert results["client_credentials"][client]["different"]


@pytest.mark.parametrize("how", ["wrong_basic", "wrong_post"])
def test_a_wrong_secret_is_refused_in_each_issuer_s_way(results: dict[str, Any], how: str):
    system, customer = (results["client_credentials"][client][how] for client in ("letterbox-facade", "northmoor-fhir"))
    assert_told(system, challenged("basic", realm="oauth2/client"))
    assert_told(customer, body_error(401, "invalid_client"))


@pytest.mark.parametrize("client", ["letterbox-facade", "northmoor-fhir"])
def test_another_grant_is_refused(results: dict[str, Any], client: str):
    assert_told(results["client_credentials"][client]["other_grant"], body_error(400, "unsupported_grant_type"))


def test_a_system_client_reads_the_facade(results: dict[str, Any]):
    assert results["facade"] == {"status": 200, "total": 1}


def test_a_public_client_signs_a_patient_in_and_refreshes(results: dict[str, Any]):
    code = results["code"]
    expected = {"token_type": "bearer", "expires_in": 1800, "scope": "PATIENT", "refreshes": True}
    assert code["tokens"] == code["refreshed"] == expected
    assert code["read"] == code["read_again"] == code["old_works_on"] == {"status": 200, "total": 1}
    assert code["rotated"]


def test_a_code_that_is_used_again_ends_the_session(results: dict[str, Any]):
    assert_told(results["code"]["code_again"], body_error(400, "invalid_grant"))
    assert_told(results["code"]["refused"], INVALID_TOKEN)


def test_a_refresh_token_that_is_used_again_ends_the_session(results: dict[str, Any]):
    assert_told(results["rotation"]["again"], body_error(400, "invalid_grant"))
    assert_told(results["rotation"]["newest"], body_error(400, "invalid_grant"))
    assert_told(results["rotation"]["refused"], INVALID_TOKEN)


def test_a_denial_is_an_authorization_response_error(results: dict[str, Any]):
    assert results["denied"] == {"class": "AuthorizationResponseError", "error": "access_denied"}


def test_an_unknown_token_is_challenged(results: dict[str, Any]):
    assert_told(results["unknown_token"], INVALID_TOKEN)


def test_an_unknown_client_is_challenged_only_if_it_used_the_header(results: dict[str, Any]):
    assert_told(results["unknown_client"], body_error(401, "invalid_client"))
    assert_told(results["unknown_client_by_basic"], challenged("basic", realm="pkb"))
