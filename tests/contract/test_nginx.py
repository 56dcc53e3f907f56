"""A real nginx in front of the sandbox, with the configuration of docs/proxies.md."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from sandbox.server import SandboxServer
from tests.contract.nginx import needs_nginx, running_nginx
from tests.support import SOAP

PAGE = (Path(__file__).parents[2] / "docs/proxies.md").read_text(encoding="utf-8")
CONFIGURATION = re.findall(r"```nginx\n(.*?)```", PAGE, re.DOTALL)[0]
A28 = (Path(__file__).parents[2] / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8")
TOKEN = "for-tests"

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(port=0) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def issuer() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def proxied(
    server: SandboxServer, issuer: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    yield from through_nginx(server, issuer, tmp_path_factory.mktemp("nginx"), CONFIGURATION)


@pytest.fixture(scope="module")
def proxied_control(
    server: SandboxServer, issuer: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """The same without the location that closes the control API."""
    start, end = CONFIGURATION.index("    location /pkb/_sandbox/"), CONFIGURATION.index("    location /pkb/ {")
    configuration = CONFIGURATION[:start] + CONFIGURATION[end:]
    yield from through_nginx(server, issuer, tmp_path_factory.mktemp("nginx"), configuration)


def through_nginx(server: SandboxServer, issuer: trustme.CA, folder: Path, text: str) -> Iterator[httpx.Client]:
    """A client of the proxy, which runs as long as the client is used."""
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    trust = ssl.create_default_context()
    issuer.configure_trust(trust)
    with (
        running_nginx(text, issuer.issue_cert("localhost"), folder) as port,
        httpx.Client(base_url=f"https://localhost:{port}/pkb", verify=trust, timeout=30) as client,
    ):
        yield client


def token(client: httpx.Client, server: SandboxServer, kind: str, path: str) -> str:
    credential = server.credentials(kind)
    auth = (credential["client_id"], credential["client_secret"])
    response = client.post(path, data={"grant_type": "client_credentials"}, auth=auth)
    assert response.status_code == 200, response.text
    return response.json()["access_token"]


def test_links_carry_the_address_of_the_proxy(proxied: httpx.Client, server: SandboxServer):
    access = token(proxied, server, "system-client", "/api/oauth/token")
    organisation = server.credentials("hl7-org")["organisation"]["id"]
    headers = {"Authorization": f"Bearer {access}", "X-Org-Public-Id": organisation}
    query = {"identifier": "https://fhir.nhs.uk/Id/nhs-number|9991001379"}
    bundle = proxied.get("/fhir/Patient", params=query, headers=headers).json()
    assert bundle["total"] == 1
    base = str(proxied.base_url).rstrip("/")
    assert bundle["link"][0]["url"].startswith(f"{base}/fhir/Patient?")
    wsdl = proxied.get("/services/hl7?wsdl").text
    assert f'"{base}/services/hl7"' in wsdl


def test_the_issuer_is_the_one_that_the_proxy_shows(proxied: httpx.Client, server: SandboxServer):
    discovered = proxied.get("/auth/realms/pkb/.well-known/openid-configuration").json()
    assert discovered["issuer"] == f"{str(proxied.base_url).rstrip('/')}/auth/realms/pkb"
    realm = "/auth/realms/pkb/protocol/openid-connect/token"
    access = token(proxied, server, "customer-system-client", realm)
    answer = proxied.get("/customer/northmoor-r4/fhir/Patient", headers={"Authorization": f"Bearer {access}"})
    assert answer.status_code == 200


def test_a_message_of_some_megabytes_passes(proxied: httpx.Client, server: SandboxServer):
    credential = server.credentials("hl7-org")
    auth = (credential["username"], credential["password"])
    padded = A28.strip() + "\rNTE|1||" + "x" * 3_000_000
    body = SOAP.format(padded.replace("&", "&amp;"))
    answer = proxied.post("/services/hl7", content=body, headers={"Content-Type": "text/xml"}, auth=auth)
    assert (answer.status_code, "MSA|AA|" in answer.text) == (200, True)


def test_the_control_api_is_closed(proxied: httpx.Client):
    assert proxied.get("/_sandbox/credentials").status_code == 404


def test_a_call_through_the_proxy_is_not_a_local_one(proxied_control: httpx.Client):
    answer = proxied_control.get("/_sandbox/credentials")
    assert answer.status_code == 401
    assert "through a proxy" in answer.json()["detail"]
    assert proxied_control.get("/_sandbox/health/ready").json()["status"] == "ready"
