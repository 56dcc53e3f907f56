"""The capabilities interaction, and the base address that answers carry.

Sources: https://my.patientsknowbest.com/fhir/metadata ; https://hl7.org/fhir/STU3/http.html#capabilities
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.server import SandboxServer
from tests.support import Client, assert_operation_outcome

STATEMENT = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"


def without_address(statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "implementation": {**statement["implementation"], "url": ""}}


def test_the_statement_is_served_unchanged_except_its_address(pkb: Client):
    response = pkb.http.get("/fhir/metadata")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    assert response.headers["pkb-sandbox-standing"] == "documented"
    assert "pkb-sandbox-cell" not in response.headers
    body = response.json()
    assert without_address(body) == without_address(STATEMENT)
    assert body["implementation"]["url"] == f"{pkb.server.base_url}/fhir"
    assert body["fhirVersion"] == "3.0.2"


def test_its_elements_keep_their_order(pkb: Client):
    assert list(pkb.http.get("/fhir/metadata").json()) == list(STATEMENT)


@pytest.mark.parametrize(
    "header", ["", "Bearer null", "Basic YTpi", "nonsense"], ids=["none", "bearer", "basic", "odd"]
)
def test_no_token_is_needed_and_none_is_looked_at(pkb: Client, header: str):
    headers = {"Authorization": header} if header else {}
    assert pkb.http.get("/fhir/metadata", headers=headers).status_code == 200


def test_a_head_request_has_the_headers_and_no_body(pkb: Client):
    response = pkb.http.head("/fhir/metadata")
    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 1000


@pytest.mark.parametrize("path", ["/fhir/metadata/", "/fhir/metadata%0A", "/fhir/metadata/x", "/fhir/Metadata"])
def test_a_path_similar_to_metadata_needs_a_token(pkb: Client, path: str):
    assert_operation_outcome(pkb.http.get(path), 401, "login", response_code="BAD_AUTHENTICATION")


def test_it_is_read_and_not_written(pkb: Client):
    assert_operation_outcome(pkb.http.post("/fhir/metadata"), 401, "login")
    text = "Invalid request: The FHIR endpoint on this server does not know how to handle POST operation[metadata]"
    response = pkb.facade("/metadata", method="POST")
    assert_operation_outcome(response, 400, "processing", f"{text} with parameters [[]]")


# --- the base address ---

BASES: dict[str, tuple[dict[str, str], str]] = {
    "the Host header": ({"Host": "sandbox.patientsknowbest.com"}, "http://sandbox.patientsknowbest.com"),
    "with its port": ({"Host": "pkb.test:9443"}, "http://pkb.test:9443"),
    "the host that a proxy was asked for": ({"X-Forwarded-Host": "pkb.test"}, "http://pkb.test"),
    "its scheme": ({"X-Forwarded-Host": "pkb.test", "X-Forwarded-Proto": "https"}, "https://pkb.test"),
    "the first of several proxies": (
        {"X-Forwarded-Host": "pkb.test, inner", "X-Forwarded-Proto": "https, http"},
        "https://pkb.test",
    ),
}


@pytest.mark.parametrize(("headers", "base"), BASES.values(), ids=BASES)
def test_links_are_on_the_base_that_the_client_used(pkb: Client, headers: dict[str, str], base: str):
    statement = pkb.http.get("/fhir/metadata", headers=headers).json()
    assert statement["implementation"]["url"] == f"{base}/fhir"
    bundle = pkb.facade(f"/Consent?patient=Patient/{TOLA}", headers=headers).json()
    assert bundle["link"] == [{"relation": "self", "url": f"{base}/fhir/Consent?patient=Patient/{TOLA}"}]
    assert all(entry["fullUrl"].startswith(f"{base}/fhir/Consent/") for entry in bundle["entry"])


@pytest.fixture(scope="module")
def elsewhere() -> Any:
    """A sandbox that was told its address."""
    with SandboxServer(port=0, base_url="https://pkb.example/base/") as server:
        client = Client(server)
        with client.http:
            yield client


@pytest.mark.parametrize("headers", [{}, *(headers for headers, _ in BASES.values())], ids=["nothing", *BASES])
def test_a_configured_base_wins(elsewhere: Client, headers: dict[str, str]):
    statement = elsewhere.http.get("/fhir/metadata", headers=headers).json()
    assert statement["implementation"]["url"] == "https://pkb.example/base/fhir"
    configuration = elsewhere.http.get("/auth/realms/pkb/.well-known/openid-configuration", headers=headers).json()
    assert configuration["issuer"] == "https://pkb.example/base/auth/realms/pkb"


def test_references_stay_relative(pkb: Client):
    (entry, *_) = pkb.facade(f"/Consent?patient=Patient/{TOLA}").json()["entry"]
    assert entry["resource"]["patient"]["reference"] == f"Patient/{TOLA}"
