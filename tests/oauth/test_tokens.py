"""Access tokens as resource endpoints and strangers see them: claims, keys, expiry, forgeries.

Sources: *Response code*, http://dev.patientsknowbest.com/home/fhir-api/codesystem ; RFC 7519; RFC 8725.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session

from sandbox.access.keys import key_ring
from sandbox.base.clock import Clock
from sandbox.server import SandboxServer
from tests.support import Client, assert_operation_outcome

REALM = "/auth/realms/pkb"
KEYS = f"{REALM}/protocol/openid-connect/certs"
TOKEN = f"{REALM}/protocol/openid-connect/token"
TOLA = "/Patient/4c86625f-13d7-423c-93e9-d58574a12dec"
ROLES = ["fhir_reader", "fhir_writer"]
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def fresh(pkb: Client, client: str = "letterbox-facade", **options: Any) -> dict[str, Any]:
    """A new token answer, whatever tokens were had before."""
    credential = pkb.credential(client)
    path = TOKEN if credential["kind"] == "customer-system-client" else "/api/oauth/token"
    auth = (client, credential["client_secret"])
    answer = pkb.http.post(path, data={"grant_type": "client_credentials"}, auth=auth, **options)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def call(pkb: Client, token: str) -> httpx.Response:
    return pkb.facade(TOLA, headers={"Authorization": f"Bearer {token}"})


def verified(pkb: Client, token: str) -> dict[str, Any]:
    client = jwt.PyJWKClient(f"{pkb.server.base_url}{KEYS}")
    claims: dict[str, Any] = jwt.decode(token, client.get_signing_key_from_jwt(token), algorithms=["RS256"])
    return claims


# --- claims and keys ---


def test_the_published_keys_verify_a_system_client_s_token(pkb: Client):
    answer = fresh(pkb)
    claims = verified(pkb, answer["access_token"])
    assert claims.pop("exp") - claims.pop("iat") == answer["expires_in"] == 3599
    assert claims == {
        "iss": pkb.server.base_url,
        "sub": "letterbox-facade",
        "client_id": "letterbox-facade",
        "jti": answer["jti"],
        "scope": ["none"],
    }


def test_the_published_keys_verify_a_customer_s_token(pkb: Client):
    claims = verified(pkb, fresh(pkb, "northmoor-fhir")["access_token"])
    assert claims.pop("exp") - claims.pop("iat") == 300
    assert claims.pop("jti")
    assert claims == {
        "iss": f"{pkb.server.base_url}{REALM}",
        "sub": "northmoor-fhir",
        "client_id": "northmoor-fhir",
        "scope": "profile email",
        "resource_access": {f"northmoor-{release}-client": {"roles": ROLES} for release in ("stu3", "r4")},
    }


def test_a_client_that_only_splits_and_decodes_finds_a_numeric_expiry(pkb: Client):
    _, middle, _ = fresh(pkb, "northmoor-fhir")["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    assert isinstance(claims["exp"], int)


def test_the_issuer_is_the_base_that_was_asked(pkb: Client):
    token = fresh(pkb, headers={"Host": "oauth2.sandbox.patientsknowbest.com"})["access_token"]
    assert verified(pkb, token)["iss"] == "http://oauth2.sandbox.patientsknowbest.com"
    assert call(pkb, token).status_code == 200


def test_the_keys_are_a_jwk_set_without_private_parts(pkb: Client):
    response = pkb.http.get(KEYS)
    assert response.status_code == 200
    keys = response.json()["keys"]
    for key in keys:
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    header = jwt.get_unverified_header(fresh(pkb)["access_token"])
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    assert [key["kid"] for key in keys].count(header["kid"]) == 1


def test_the_metadata_lead_to_the_endpoints(pkb: Client):
    response = pkb.http.get(f"{REALM}/.well-known/openid-configuration")
    realm = f"{pkb.server.base_url}{REALM}"
    assert response.status_code == 200
    assert response.json() == {
        "issuer": realm,
        "token_endpoint": f"{realm}/protocol/openid-connect/token",
        "jwks_uri": f"{realm}/protocol/openid-connect/certs",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["none"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def test_a_server_with_a_seed_signs_with_the_bundled_key():
    assert key_ring(True).current.id == key_ring(True).current.id
    assert key_ring(True).current.jwk["kid"] != key_ring(False).current.jwk["kid"]
    assert key_ring(True).current.private.key_size == 2048


def test_a_seed_makes_the_same_token_again():
    def token() -> str:
        with SandboxServer(port=0, seed=7, clock="2026-07-01T12:00:00Z") as server:
            client = Client(server)
            with client.http:
                return str(fresh(client, headers={"X-Forwarded-Host": "pkb.test"})["access_token"])

    assert token() == token()


# --- clients that others wrote ---


@pytest.mark.parametrize(
    ("client", "path", "lifetime"),
    [("letterbox-facade", "/api/oauth/token", 3599), ("northmoor-fhir", TOKEN, 300)],
    ids=["system client", "customer"],
)
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_fetches_a_token(pkb: Client, client: str, path: str, lifetime: int, method: str):
    secret = pkb.credential(client)["client_secret"]
    with OAuth2Session(client, secret, token_endpoint_auth_method=method) as oauth:
        token = oauth.fetch_token(f"{pkb.server.base_url}{path}", grant_type="client_credentials")
    assert token["expires_in"] == lifetime
    assert verified(pkb, token["access_token"])["client_id"] == client


# --- expiry ---


@pytest.mark.parametrize(
    ("client", "path", "lifetime"),
    [("letterbox-facade", f"/fhir{TOLA}", 3599), ("northmoor-fhir", "/aggregated/fhir/Patient", 300)],
    ids=["system client", "customer"],
)
def test_a_token_lives_until_its_last_second(pkb: Client, client: str, path: str, lifetime: int):
    workspace = pkb.server.workspaces.default
    workspace.clock = Clock(NOON)
    token = fresh(pkb, client)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    workspace.clock.advance(timedelta(seconds=lifetime - 1))
    assert pkb.http.get(path, headers=headers).status_code in (200, 501)
    workspace.clock.advance(timedelta(seconds=1))
    response = pkb.http.get(path, headers=headers)
    assert_operation_outcome(response, 401, "expired", response_code="ACC_TOKEN_EXPIRED")
    assert response.headers["www-authenticate"] == 'Bearer realm="pkb", error="invalid_token"'
    assert "pkb-sandbox-cell" not in response.headers
    assert response.headers["pkb-sandbox-standing"] == "documented"


def test_a_token_from_before_the_clock_was_turned_back_is_live(pkb: Client):
    workspace = pkb.server.workspaces.default
    workspace.clock = Clock(NOON)
    token = fresh(pkb)["access_token"]
    workspace.clock.advance(timedelta(days=-1))
    assert call(pkb, token).status_code == 200


def test_tokens_of_seeded_credentials_outlive_a_reset(pkb: Client):
    token = fresh(pkb)["access_token"]
    assert pkb.http.post("/_sandbox/reset").status_code == 200
    assert call(pkb, token).status_code == 200
