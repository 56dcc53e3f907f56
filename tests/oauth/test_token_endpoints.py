"""The two token endpoints: what they give, and every way in which they say no.

Sources: *Client credentials*, http://dev.patientsknowbest.com/home/oauth2/client-credentials ; RFC 6749 section 4.4.
"""

from __future__ import annotations

import base64
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import httpx
import jwt
import pytest

from sandbox.base.ids import is_uuid
from sandbox.model import Credential
from tests.support import Client

FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}


class Endpoint(NamedTuple):
    path: str
    client: str
    secret: str
    foreign: tuple[str, str]
    bad_client: dict[str, str]
    no_credentials: dict[str, str]
    no_grant_type: str
    other_grant_type: str
    challenge: str | None


def bad(error: str, description: str) -> dict[str, str]:
    return {"error": error, "error_description": description}


SYSTEM = Endpoint(
    path="/api/oauth/token",
    client="letterbox-facade",
    secret="letterbox-Secret-2026",
    foreign=("northmoor-fhir", "northmoor-Secret-2026"),
    bad_client=bad("unauthorized", "Bad credentials"),
    no_credentials=bad("unauthorized", "Full authentication is required to access this resource"),
    no_grant_type="Missing grant type",
    other_grant_type="Unsupported grant type: password",
    challenge='Basic realm="oauth2/client"',
)
INVALID = bad("invalid_client", "Invalid client or Invalid client credentials")
CUSTOMER = Endpoint(
    path="/auth/realms/pkb/protocol/openid-connect/token",
    client="northmoor-fhir",
    secret="northmoor-Secret-2026",
    foreign=("letterbox-facade", "letterbox-Secret-2026"),
    bad_client=INVALID,
    no_credentials=INVALID,
    no_grant_type="Missing form parameter: grant_type",
    other_grant_type="Unsupported grant_type",
    challenge=None,
)
both = pytest.mark.parametrize("endpoint", [SYSTEM, CUSTOMER], ids=["system client", "customer"])


def ask(pkb: Client, endpoint: Endpoint, data: Any = None, auth: Any = "right", **options: Any) -> httpx.Response:
    credentials = (endpoint.client, endpoint.secret) if auth == "right" else auth
    return pkb.http.post(endpoint.path, data=GRANT if data is None else data, auth=credentials, **options)


def assert_refused(response: httpx.Response, status: int, body: dict[str, str], challenge: str | None = None) -> None:
    """The one shape in which a token endpoint says no (RFC 6749 section 5.2)."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"
    assert response.json() == body
    assert response.headers.get("www-authenticate") == challenge
    assert response.headers["pkb-sandbox-standing"] in ("documented", "inferred", "choice")
    assert response.headers["pkb-sandbox-explain"]
    assert "pkb-sandbox-cell" not in response.headers


def test_a_system_client_gets_a_token(pkb: Client):
    response = ask(pkb, SYSTEM)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pragma"] == "no-cache"
    assert response.headers["pkb-sandbox-standing"] == "documented"
    body = response.json()
    token, jti = body.pop("access_token"), body.pop("jti")
    assert body == {"token_type": "bearer", "expires_in": 3599, "scope": "none"}
    assert len(token.split(".")) == 3
    assert is_uuid(jti)


def test_a_customer_gets_a_token(pkb: Client):
    response = ask(pkb, CUSTOMER)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["pkb-sandbox-standing"] == "inferred"
    body = response.json()
    assert len(body.pop("access_token").split(".")) == 3
    assert body == {
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_expires_in": 0,
        "not-before-policy": 0,
        "scope": "profile email",
    }


@both
def test_the_grant_type_may_stand_in_the_query_string_with_an_empty_body(pkb: Client, endpoint: Endpoint):
    headers = {"Content-Type": f"{FORM};charset=UTF-8", "Content-Length": "0"}
    auth = (endpoint.client, endpoint.secret)
    response = pkb.http.post(f"{endpoint.path}?grant_type=client_credentials", auth=auth, headers=headers, content=b"")
    assert response.status_code == 200, response.text
    assert response.json()["access_token"]


@both
def test_the_credentials_may_stand_in_the_body(pkb: Client, endpoint: Endpoint):
    data = {"client_id": endpoint.client, "client_secret": endpoint.secret, "scope": "all", **GRANT}
    response = ask(pkb, endpoint, data, auth=None)
    assert response.status_code == 200, response.text


@both
def test_basic_credentials_may_be_form_encoded(pkb: Client, endpoint: Endpoint):
    store = pkb.server.workspaces.default.store
    kind = store.get(Credential, endpoint.client).kind
    store.put(Credential(id="odd client", kind=kind, name="Odd", secret="p&s=s:w%rd+"))
    credentials = f"{quote_plus('odd client')}:{quote_plus('p&s=s:w%rd+')}"
    headers = {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}
    assert ask(pkb, endpoint, auth=None, headers=headers).status_code == 200
    assert ask(pkb, endpoint, auth=("odd client", "p&s=s:w%rd+")).status_code == 200


@both
def test_every_request_gets_a_token_of_its_own(pkb: Client, endpoint: Endpoint):
    tokens = {ask(pkb, endpoint).json()["access_token"] for _ in range(20)}
    assert len(tokens) == 20


@both
def test_the_answers_of_an_issuer_differ_only_in_the_token_and_its_id(pkb: Client, endpoint: Endpoint):
    first, second = ask(pkb, endpoint).json(), ask(pkb, endpoint).json()
    assert list(first) == list(second)
    assert {name for name in first if first[name] != second[name]} == {"access_token", *({"jti"} & first.keys())}


def test_the_id_in_an_answer_is_that_of_its_token(pkb: Client):
    body = ask(pkb, SYSTEM).json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["jti"] == body["jti"]
    assert claims["exp"] - claims["iat"] == body["expires_in"]


@both
def test_no_refresh_token_comes_with_client_credentials(pkb: Client, endpoint: Endpoint):
    assert "refresh_token" not in ask(pkb, endpoint).json()


def test_a_partner_gets_a_token_before_anyone_granted_it_access(pkb: Client):
    assert ask(pkb, SYSTEM, auth=("untethered-facade", "untethered-Secret-2026")).status_code == 200


WRONG_HEADERS = {"no base64": "Basic %%%", "no colon": "Basic YWJj", "another scheme": "Digest abc", "empty": ""}


@both
def test_a_request_without_credentials_is_refused(pkb: Client, endpoint: Endpoint):
    assert_refused(ask(pkb, endpoint, auth=None), 401, endpoint.no_credentials, endpoint.challenge)


@both
def test_a_client_id_without_a_secret_is_not_a_credential(pkb: Client, endpoint: Endpoint):
    response = ask(pkb, endpoint, {"client_id": endpoint.client, **GRANT}, auth=None)
    assert_refused(response, 401, endpoint.no_credentials, endpoint.challenge)


@both
@pytest.mark.parametrize("header", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_a_malformed_header_is_not_a_credential(pkb: Client, endpoint: Endpoint, header: str):
    response = ask(pkb, endpoint, auth=None, headers={"Authorization": header})
    assert_refused(response, 401, endpoint.no_credentials, endpoint.challenge)


@both
@pytest.mark.parametrize("place", ["header", "body"])
@pytest.mark.parametrize("wrong", ["secret", "client", "family", "kind", "empty"])
def test_wrong_credentials_are_refused(pkb: Client, endpoint: Endpoint, wrong: str, place: str):
    client, secret = {
        "secret": (endpoint.client, "guess"),
        "client": ("nobody", endpoint.secret),
        "family": endpoint.foreign,
        "kind": ("org_northmoor", "northmoor-Hl7-2026"),
        "empty": (endpoint.client, ""),
    }[wrong]
    if place == "header":
        response = ask(pkb, endpoint, auth=(client, secret))
    else:
        response = ask(pkb, endpoint, {"client_id": client, "client_secret": secret, **GRANT}, auth=None)
    assert_refused(response, 401, endpoint.bad_client, endpoint.challenge)


@both
@pytest.mark.parametrize("data", [{"scope": "x"}, {"grant_type": ""}], ids=["absent", "empty"])
def test_a_request_without_a_grant_type_is_refused(pkb: Client, endpoint: Endpoint, data: dict[str, str]):
    assert_refused(ask(pkb, endpoint, data), 400, bad("invalid_request", endpoint.no_grant_type))


@both
def test_another_grant_type_is_refused(pkb: Client, endpoint: Endpoint):
    response = ask(pkb, endpoint, {"grant_type": "password"})
    assert_refused(response, 400, bad("unsupported_grant_type", endpoint.other_grant_type))


REPEATED = {
    "twice in the body": ("", "grant_type=client_credentials&grant_type=password"),
    "twice the same": ("", "grant_type=client_credentials&grant_type=client_credentials"),
    "in body and query string": ("?grant_type=client_credentials", "grant_type=client_credentials"),
    "twice in the query string": ("?grant_type=client_credentials&grant_type=client_credentials", ""),
    "another parameter": ("", "grant_type=client_credentials&scope=a&scope=b"),
    "a name that may be a secret": ("", "grant_type=client_credentials&a1-B2=a&a1-B2=b"),
}
NAMES = {"another parameter": "scope", "a name that may be a secret": "with a name of its own"}


@both
@pytest.mark.parametrize("case", REPEATED)
def test_a_repeated_parameter_is_refused(pkb: Client, endpoint: Endpoint, case: str):
    query, body = REPEATED[case]
    auth, headers = (endpoint.client, endpoint.secret), {"Content-Type": FORM}
    response = pkb.http.post(endpoint.path + query, content=body, auth=auth, headers=headers)
    assert_refused(response, 400, bad("invalid_request", f"The parameter {NAMES.get(case, 'grant_type')} is repeated"))


@both
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_body_that_is_not_a_form_is_refused(pkb: Client, endpoint: Endpoint, media_type: str):
    headers = {"Content-Type": media_type} if media_type else {}
    auth, content = (endpoint.client, endpoint.secret), b'{"grant_type":"client_credentials"}'
    response = pkb.http.post(endpoint.path, content=content, auth=auth, headers=headers)
    assert_refused(response, 400, bad("invalid_request", f"The body must be {FORM}"))


UNREADABLE = {
    "bytes": b"grant_type=\xff\xfe",
    "escapes": b"grant_type=%FF",
    "endless": b"&".join(b"p%d=1" % n for n in range(500)),
}


@both
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_form_that_cannot_be_read_is_refused(pkb: Client, endpoint: Endpoint, body: bytes):
    auth, headers = (endpoint.client, endpoint.secret), {"Content-Type": FORM}
    response = pkb.http.post(endpoint.path, content=body, auth=auth, headers=headers)
    text = "The parameters are not a form in UTF-8 of at most 100 parameters"
    assert_refused(response, 400, bad("invalid_request", text))


@both
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_token_is_asked_for_with_post(pkb: Client, endpoint: Endpoint, method: str):
    response = pkb.http.request(method, endpoint.path, auth=(endpoint.client, endpoint.secret))
    assert_refused(response, 405, bad("invalid_request", f"{method} is not offered at {endpoint.path}; allowed: POST"))
    assert response.headers["allow"] == "POST"


@both
def test_the_endpoint_is_found_at_any_host_name(pkb: Client, endpoint: Endpoint):
    assert ask(pkb, endpoint, headers={"Host": "oauth2.sandbox.patientsknowbest.com"}).status_code == 200


@pytest.mark.parametrize("path", ["/api/oauth/authorize", "/api/oauth", "/auth/realms/pkb/token/introspect"])
def test_an_unknown_address_is_404(pkb: Client, path: str):
    assert_refused(pkb.http.get(path), 404, bad("not_found", f"No route matches {path}"))


# --- another client beside the Authorization header ---


@both
@pytest.mark.parametrize("place", ["form", "query"])
def test_another_client_id_beside_basic_is_refused(pkb: Client, endpoint: Endpoint, place: str):
    other = {"client_id": endpoint.foreign[0]}
    data, params = ({**GRANT, **other}, {}) if place == "form" else (GRANT, other)
    body = (
        INVALID
        if endpoint is CUSTOMER
        else bad("invalid_client", "Given client ID does not match authenticated client")
    )
    assert_refused(ask(pkb, endpoint, data, params=params), 401, body, endpoint.challenge)


@both
@pytest.mark.parametrize("client_id", ["own", ""])
def test_the_same_client_id_beside_basic_is_let_in(pkb: Client, endpoint: Endpoint, client_id: str):
    body = {**GRANT, "client_id": endpoint.client if client_id else ""}
    assert ask(pkb, endpoint, body).status_code == 200


def test_another_client_id_beside_basic_is_refused_for_users_too(pkb: Client):
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "stepwise-clinic"}
    response = pkb.http.post("/apiToken.action", data=form, auth=("stepwise-diary", ""))
    body = bad("invalid_client", "client_id does not match the Authorization header")
    assert_refused(response, 401, body, 'Basic realm="pkb"')
