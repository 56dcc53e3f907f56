"""Cross-origin calls of browsers: off by default; where a setting names origins, for OAuth, REST and FHIR."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from tests.support import NORTHMOOR, Client

PAGE = "http://localhost:3000"
SHARED = [
    "/api/oauth/token",
    "/apiToken.action",
    "/auth/realms/pkb/protocol/openid-connect/token",
    "/auth/realms/pkb/protocol/openid-connect/certs",
    "/json/v1/users/self",
    "/rest/v1/users/self",
    "/fhir/Patient",
    "/fhir/metadata",
    "/phr-fhir/Patient/$process-message",
    "/customer/northmoor-r4/fhir/Patient",
    "/aggregated/fhir/Patient",
]
APART = [
    "/_sandbox/world",
    "/_sandbox/credentials",
    "/_sandbox/reset",
    "/_sandbox/health/live",
    "/services/hl7",
    "/apiAuthorize.action",
    "/otp.action",
    "/nothing",
]
PREFLIGHT = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}


@pytest.fixture(scope="module")
def named() -> Iterator[Client]:
    """A sandbox that pages of two origins may call."""
    with SandboxServer(port=0, cors_origin=(PAGE, "https://App.example:443/")) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture(scope="module")
def anybody() -> Iterator[Client]:
    """A sandbox that every page may call."""
    with SandboxServer(port=0, cors_origin=("*",)) as server:
        client = Client(server)
        yield client
        client.http.close()


def shared_with(response: httpx.Response) -> set[str]:
    return {name for name in response.headers if name.startswith("access-control-")}


@pytest.mark.parametrize("path", [*SHARED, *APART])
def test_it_is_off_by_default(pkb: Client, path: str):
    assert shared_with(pkb.http.get(path, headers={"Origin": PAGE})) == set()
    preflight = pkb.http.options(path, headers=PREFLIGHT)
    assert shared_with(preflight) == set()
    assert preflight.status_code >= 400


@pytest.mark.parametrize("path", APART)
def test_the_control_api_hl7_and_pages_are_never_shared(named: Client, anybody: Client, path: str):
    for client in (named, anybody):
        assert shared_with(client.http.get(path, headers={"Origin": PAGE})) == set()
        preflight = client.http.options(path, headers=PREFLIGHT)
        assert shared_with(preflight) == set()
        assert preflight.status_code >= 400


@pytest.mark.parametrize("path", SHARED)
def test_a_page_of_a_named_origin_reads_answers_and_refusals(named: Client, path: str):
    response = named.http.get(path, headers={"Origin": PAGE})
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in response.headers["vary"]
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Location", "Content-Location", "WWW-Authenticate", "PKB-Sandbox-Explain"} <= set(exposed)


@pytest.mark.parametrize("path", SHARED)
def test_a_preflight_of_a_named_origin_is_answered(named: Client, path: str):
    headers = {**PREFLIGHT, "Access-Control-Request-Headers": "authorization,x-org-public-id"}
    response = named.http.options(path, headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["access-control-allow-credentials"] == "true"
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(
        response.headers["access-control-allow-methods"].split(", ")
    )
    assert response.headers["access-control-allow-headers"] == "authorization,x-org-public-id"
    assert response.headers["access-control-max-age"] == "600"
    assert response.headers["vary"] == "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
    assert "access-control-allow-private-network" not in response.headers


def test_a_preflight_for_a_private_network_is_answered(named: Client):
    headers = {**PREFLIGHT, "Access-Control-Request-Private-Network": "true"}
    assert (
        named.http.options("/fhir/Patient", headers=headers).headers["access-control-allow-private-network"] == "true"
    )


@pytest.mark.parametrize("names", ["", "a b", "a\tb", "x,,y", "é", "a:b"])
def test_a_preflight_for_headers_that_cannot_be_names_allows_none(named: Client, names: str):
    headers = [(name.encode(), value.encode()) for name, value in PREFLIGHT.items()]
    headers.append((b"Access-Control-Request-Headers", names.encode("latin-1")))
    response = named.http.options("/fhir/Patient", headers=headers)
    assert response.status_code == 204
    assert "access-control-allow-headers" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3001",
        "https://localhost:3000",
        "http://localhost",
        "null",
        "",
        "https://app.example.evil.test",
    ],
)
def test_another_origin_is_not_let_in(named: Client, origin: str):
    response = named.http.get("/fhir/metadata", headers={"Origin": origin})
    assert shared_with(response) == set()
    assert "Origin" in response.headers["vary"]
    preflight = named.http.options("/fhir/metadata", headers={**PREFLIGHT, "Origin": origin})
    assert preflight.status_code >= 400
    assert shared_with(preflight) == set()


def test_an_origin_is_the_same_with_a_default_port_and_in_other_letters(named: Client):
    response = named.http.get("/fhir/metadata", headers={"Origin": "https://app.example"})
    assert response.headers["access-control-allow-origin"] == "https://app.example"


def test_without_an_origin_an_answer_still_says_that_it_varies(named: Client):
    response = named.http.get("/fhir/metadata")
    assert shared_with(response) == set()
    assert "Origin" in response.headers["vary"]


def test_options_without_a_preflight_is_an_ordinary_request(named: Client):
    response = named.http.options("/fhir/Patient", headers={"Origin": PAGE})
    assert response.status_code >= 400
    assert response.headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize("origin", [PAGE, "null", "https://anybody.example"])
def test_every_page_may_call_without_kept_credentials(anybody: Client, origin: str):
    response = anybody.http.get("/fhir/metadata", headers={"Origin": origin})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" not in response.headers.get("vary", "")
    preflight = anybody.http.options("/fhir/metadata", headers={**PREFLIGHT, "Origin": origin})
    assert preflight.headers["access-control-allow-origin"] == "*"


def test_a_preflight_is_not_recorded_and_the_call_is(named: Client):
    named.http.delete("/_sandbox/exchanges")
    assert named.http.options("/fhir/Patient", headers=PREFLIGHT).status_code == 204
    assert named.control("/exchanges")["exchanges"] == []
    headers = {"Authorization": f"Bearer {named.token('letterbox-facade')}", "Origin": PAGE}
    headers["X-Org-Public-Id"] = named.organisation(NORTHMOOR)
    assert named.http.get(f"/fhir/Patient/{named.patient('Registered')['id']}", headers=headers).status_code == 200
    assert len(named.control("/exchanges")["exchanges"]) == 2


@pytest.mark.parametrize(
    "origin",
    [
        "localhost:3000",
        "http://localhost:3000/app",
        "null",
        "",
        "http://*.example",
        "http://a b",
        "https://x?y",
        "http://u@x",
    ],
)
def test_an_invalid_origin_is_refused_at_start(origin: str):
    with pytest.raises(Invalid, match="--cors-origin"):
        SandboxServer(cors_origin=(origin,))
