"""Every grant with the two OAuth clients that Python integrators use: Authlib and Requests-OAuthlib."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as Authlib
from oauthlib.oauth2 import (
    AccessDeniedError,
    BackendApplicationClient,
    InvalidGrantError,
    MismatchingStateError,
    OAuth2Error,
)
from requests_oauthlib import OAuth2Session as RequestsOAuthlib

from tests.support import NORTHMOOR, Client

REALM = "/auth/realms/pkb/protocol/openid-connect/token"
AUTHORIZE, TOKEN = "/apiAuthorize.action", "/apiToken.action"
DIARY, DONE = "stepwise-diary", "http://localhost:8400/done"
NUMBER = "https://fhir.nhs.uk/Id/nhs-number|9991001379"

ISSUERS = {
    "system-client": ("/api/oauth/token", "letterbox-facade", 3599, "unauthorized"),
    "customer": (REALM, "northmoor-fhir", 300, "invalid_client"),
}
issuers = pytest.mark.parametrize(("path", "client", "lifetime", "error"), ISSUERS.values(), ids=ISSUERS.keys())


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OAUTHLIB_INSECURE_TRANSPORT", "AUTHLIB_INSECURE_TRANSPORT"):
        monkeypatch.setenv(name, "1")


def secret_of(pkb: Client, client: str) -> str:
    return pkb.credential(client)["client_secret"]


def redirect(pkb: Client, state: str, decision: str = "approve") -> str:
    """Where the browser is sent once the patient has decided."""
    user = pkb.patient("Registered, reads her own record")["id"]
    query = {"client_id": DIARY, "redirect_uri": DONE, "scope": "PATIENT", "state": state, "decision": decision}
    response = pkb.http.post(f"/_sandbox/users/{user}/approve", json=query)
    assert response.status_code == 200, response.text
    return response.json()["redirect"]


def assert_reads(pkb: Client, session: Any) -> None:
    response = session.get(f"{pkb.server.base_url}/fhir/Patient", params={"identifier": NUMBER})
    assert (response.status_code, response.json()["total"]) == (200, 1)


def assert_refused(pkb: Client, token: str) -> None:
    refused = pkb.http.get("/fhir/Patient", params={"identifier": NUMBER}, headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "API_SESSION_INVALID"


# --- client credentials ---


@issuers
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_client_credentials(pkb: Client, path: str, client: str, lifetime: int, error: str, method: str):
    with Authlib(client, secret_of(pkb, client), token_endpoint_auth_method=method) as session:
        token = session.fetch_token(f"{pkb.server.base_url}{path}", grant_type="client_credentials")
    assert (token["expires_in"], token["token_type"].lower()) == (lifetime, "bearer")
    assert "refresh_token" not in token
    assert not token.is_expired()


@issuers
@pytest.mark.parametrize("in_body", [False, True])
def test_requests_oauthlib_gets_client_credentials(
    pkb: Client, path: str, client: str, lifetime: int, error: str, in_body: bool
):
    secret = secret_of(pkb, client)
    with RequestsOAuthlib(client=BackendApplicationClient(client)) as session:
        options = {"client_id": client, "client_secret": secret, "include_client_id": in_body or None}
        token = session.fetch_token(f"{pkb.server.base_url}{path}", **options)
    assert (token["expires_in"], token["token_type"].lower()) == (lifetime, "bearer")
    assert "refresh_token" not in token


@issuers
def test_a_wrong_secret_is_authlib_s_own_error(pkb: Client, path: str, client: str, lifetime: int, error: str):
    with Authlib(client, "wrong") as session, pytest.raises(OAuthError) as refused:
        session.fetch_token(f"{pkb.server.base_url}{path}", grant_type="client_credentials")
    assert refused.value.error == error
    assert refused.value.description


@issuers
def test_a_wrong_secret_is_oauthlib_s_own_error(pkb: Client, path: str, client: str, lifetime: int, error: str):
    with RequestsOAuthlib(client=BackendApplicationClient(client)) as session, pytest.raises(OAuth2Error) as refused:
        session.fetch_token(f"{pkb.server.base_url}{path}", client_id=client, client_secret="wrong")
    assert refused.value.error == error
    assert refused.value.description


def test_either_client_reads_the_facade_with_client_credentials(pkb: Client):
    client, address = "letterbox-facade", f"{pkb.server.base_url}/api/oauth/token"
    headers = {"X-Org-Public-Id": pkb.organisation(NORTHMOOR)}
    with Authlib(client, secret_of(pkb, client)) as authlib:
        authlib.fetch_token(address, grant_type="client_credentials")
        authlib.headers.update(headers)
        assert_reads(pkb, authlib)
    with RequestsOAuthlib(client=BackendApplicationClient(client)) as other:
        other.fetch_token(address, client_id=client, client_secret=secret_of(pkb, client))
        other.headers.update(headers)
        assert_reads(pkb, other)


# --- authorization code ---


class WithAuthlib:
    """An app without a secret."""

    refused = OAuthError

    def __init__(self, pkb: Client) -> None:
        self.address = f"{pkb.server.base_url}{TOKEN}"
        self.session = Authlib(DIARY, redirect_uri=DONE, scope="PATIENT", token_endpoint_auth_method="none")

    def start(self, base_url: str) -> tuple[str, str]:
        return self.session.create_authorization_url(f"{base_url}{AUTHORIZE}")

    def exchange(self, answer: str, state: str) -> dict[str, Any]:
        return self.session.fetch_token(self.address, authorization_response=answer, state=state)

    def refresh(self, token: str) -> dict[str, Any]:
        return self.session.refresh_token(self.address, refresh_token=token)


class WithRequestsOAuthlib:
    """The same app."""

    refused = InvalidGrantError

    def __init__(self, pkb: Client) -> None:
        self.address = f"{pkb.server.base_url}{TOKEN}"
        self.session = RequestsOAuthlib(DIARY, redirect_uri=DONE, scope=["PATIENT"])

    def start(self, base_url: str) -> tuple[str, str]:
        return self.session.authorization_url(f"{base_url}{AUTHORIZE}")

    def exchange(self, answer: str, state: str) -> dict[str, Any]:
        return self.session.fetch_token(self.address, authorization_response=answer, include_client_id=True)

    def refresh(self, token: str) -> dict[str, Any]:
        return self.session.refresh_token(self.address, refresh_token=token, client_id=DIARY)


App = WithAuthlib | WithRequestsOAuthlib
apps = pytest.mark.parametrize("sign_in", [WithAuthlib, WithRequestsOAuthlib])


def signed_in(pkb: Client, app: App) -> tuple[dict[str, Any], str, str]:
    """Tokens, and with which answer and state they were had."""
    address, state = app.start(pkb.server.base_url)
    page = pkb.http.get(address)
    assert page.status_code == 200
    answer = redirect(pkb, state)
    return app.exchange(answer, state), answer, state


@apps
def test_an_app_signs_a_patient_in_and_reads_the_record(pkb: Client, sign_in: Callable[[Client], App]):
    app = sign_in(pkb)
    token, _, _ = signed_in(pkb, app)
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 1800)
    assert_reads(pkb, app.session)


@apps
def test_an_app_refreshes_and_reads_on(pkb: Client, sign_in: Callable[[Client], App]):
    app = sign_in(pkb)
    token, _, _ = signed_in(pkb, app)
    newer = app.refresh(token["refresh_token"])
    assert newer["refresh_token"] != token["refresh_token"]
    assert newer["access_token"] != token["access_token"]
    assert_reads(pkb, app.session)
    assert app.refresh(newer["refresh_token"])["access_token"]


@apps
def test_a_code_that_is_used_again_is_the_client_s_own_error(pkb: Client, sign_in: Callable[[Client], App]):
    app = sign_in(pkb)
    token, answer, state = signed_in(pkb, app)
    with pytest.raises(app.refused) as refused:
        app.exchange(answer, state)
    assert refused.value.error == "invalid_grant"
    assert_refused(pkb, token["access_token"])


@apps
def test_a_refresh_token_that_is_used_again_is_the_client_s_own_error(pkb: Client, sign_in: Callable[[Client], App]):
    app = sign_in(pkb)
    token, _, _ = signed_in(pkb, app)
    used = token["refresh_token"]
    newer = dict(app.refresh(used))
    with pytest.raises(app.refused) as refused:
        app.refresh(used)
    assert refused.value.error == "invalid_grant"
    assert_refused(pkb, newer["access_token"])


def test_a_denial_is_oauthlib_s_own_error(pkb: Client):
    app = WithRequestsOAuthlib(pkb)
    _, state = app.start(pkb.server.base_url)
    with pytest.raises(AccessDeniedError):
        app.exchange(redirect(pkb, state, "deny"), state)


def test_a_state_of_somebody_else_is_noticed(pkb: Client):
    app = WithRequestsOAuthlib(pkb)
    app.start(pkb.server.base_url)
    with pytest.raises(MismatchingStateError):
        app.exchange(redirect(pkb, "another"), "another")


def test_authlib_refreshes_by_itself_once_a_token_has_expired(pkb: Client):
    app = WithAuthlib(pkb)
    first = dict(signed_in(pkb, app)[0])
    kept: list[str] = []
    app.session.metadata["token_endpoint"] = app.address
    app.session.update_token = lambda token, refresh_token=None, access_token=None: kept.append(token["access_token"])
    app.session.token = {**first, "expires_at": 1}
    assert_reads(pkb, app.session)
    assert kept
    assert kept != [first["access_token"]]
