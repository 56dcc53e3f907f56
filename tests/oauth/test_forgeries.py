"""Forged access tokens: each is refused as any other text is."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.access.keys import key_ring
from tests.oauth.test_tokens import TOLA, call, fresh
from tests.support import Client, assert_operation_outcome


def encoded(part: Any) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def alg_none(token: str) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{token.split('.')[1]}."


def alg_none_with_the_old_signature(token: str) -> str:
    _, payload, signature = token.split(".")
    return f"{encoded({'alg': 'None', 'typ': 'JWT'})}.{payload}.{signature}"


def the_public_key_as_a_secret(token: str) -> str:
    import hashlib
    import hmac

    pem = key_ring(False).current.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{token.split('.')[1]}"
    return f"{signed}.{encoded(hmac.digest(pem, signed.encode(), hashlib.sha256))}"


def another_key(token: str) -> str:
    return jwt.encode(claims_of(token), generate_private_key(public_exponent=65537, key_size=2048), "RS256")


def the_bundled_key(token: str) -> str:
    return jwt.encode(claims_of(token), key_ring(True).current.private, "RS256")


def a_changed_payload(token: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{encoded({**claims_of(token), 'client_id': 'northmoor-fhir'})}.{signature}"


def no_expiry(token: str) -> str:
    return jwt.encode({"client_id": "letterbox-facade", "jti": "1"}, key_ring(False).current.private, "RS256")


def another_client(token: str) -> str:
    return jwt.encode({**claims_of(token), "client_id": "nobody"}, key_ring(False).current.private, "RS256")


def a_client_id_that_is_no_text(token: str) -> str:
    return jwt.encode({**claims_of(token), "client_id": ["letterbox-facade"]}, key_ring(False).current.private, "RS256")


def no_signature(token: str) -> str:
    return token.rsplit(".", 1)[0] + "."


def two_parts(token: str) -> str:
    return token.rsplit(".", 1)[0]


def deep_json_in_the_header(token: str) -> str:
    return f"{encoded(b'[' * 20000)}.{token.split('.', 1)[1]}"


def a_header_that_is_a_list(token: str) -> str:
    return f"{encoded(['RS256'])}.{token.split('.', 1)[1]}"


FORGERIES = (
    alg_none,
    alg_none_with_the_old_signature,
    the_public_key_as_a_secret,
    another_key,
    the_bundled_key,
    a_changed_payload,
    no_expiry,
    another_client,
    a_client_id_that_is_no_text,
    no_signature,
    two_parts,
    deep_json_in_the_header,
    a_header_that_is_a_list,
)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.replace("_", " "))
def test_a_forgery_is_refused(pkb: Client, forge: Any):
    token = fresh(pkb)["access_token"]
    assert call(pkb, token).status_code == 200
    assert_bad_authentication(call(pkb, forge(token)))


GARBAGE = ["null", "undefined", "abc", "a.b.c", "...", ".", "Bearer", "é.é.é", "x" * 5000, "{}"]


@pytest.mark.parametrize("token", GARBAGE, ids=lambda token: token[:12])
def test_garbage_is_refused(pkb: Client, token: str):
    headers = httpx.Headers({"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}, "latin-1")
    assert_bad_authentication(pkb.http.get(f"/fhir{TOLA}", headers=headers))


def assert_bad_authentication(response: httpx.Response) -> None:
    assert_operation_outcome(response, 401, "login", response_code="BAD_AUTHENTICATION")
    assert response.headers["www-authenticate"] == 'Bearer realm="pkb", error="invalid_token"'
    assert "pkb-sandbox-cell" not in response.headers


def test_a_missing_header_is_refused_without_diagnostics(pkb: Client):
    response = pkb.http.get(f"/fhir{TOLA}")
    body = assert_operation_outcome(response, 401, "login", response_code="BAD_AUTHENTICATION")
    (issue,) = body["issue"]
    assert issue["details"]["coding"] == [
        {
            "system": "http://fhir.patientsknowbest.com/codesystem/response-code",
            "code": "BAD_AUTHENTICATION",
            "display": "Bad authentication",
        }
    ]
    assert "diagnostics" not in issue
    assert response.headers["www-authenticate"] == 'Bearer realm="pkb"'
