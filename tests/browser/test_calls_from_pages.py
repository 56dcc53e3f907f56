"""A web page of a named origin, in Chromium, gets a token and reads the Facade; another page does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import SandboxServer
from tests.browser.cross_origin import attempts, free_port, in_a_browser
from tests.support import NORTHMOOR, Client

pytestmark = in_a_browser

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=["named", "any"])
def setting(request: pytest.FixtureRequest) -> Iterator[tuple[Client, int]]:
    """A sandbox that a page on that port may call."""
    port = free_port()
    with SandboxServer(port=0, cors_origin=("*" if request.param == "any" else f"http://localhost:{port}",)) as server:
        client = Client(server)
        yield client, port
        client.http.close()


def test_a_page_calls_oauth_and_fhir_and_never_control(setting: tuple[Client, int]):
    pkb, port = setting
    base, patient = pkb.server.base_url, pkb.patient("Registered")["id"]
    secret = pkb.credential("letterbox-facade")["client_secret"]
    body = f"grant_type=client_credentials&client_id=letterbox-facade&client_secret={secret}"
    signed = {
        "Authorization": f"Bearer {pkb.token('letterbox-facade')}",
        "X-Org-Public-Id": pkb.organisation(NORTHMOOR),
    }
    token, read, refused, control = attempts(
        base,
        port,
        {"page": "foreign", "fetch": [f"{base}/api/oauth/token", {"method": "POST", "headers": FORM, "body": body}]},
        {"page": "foreign", "fetch": [f"{base}/fhir/Patient/{patient}", {"headers": signed}]},
        {"page": "foreign", "fetch": [f"{base}/fhir/Patient/{patient}", {}]},
        {"page": "foreign", "fetch": [f"{base}/_sandbox/world", {}]},
    )
    assert (token["status"], "access_token" in token["body"]) == (200, True)
    assert (read["status"], patient in read["body"]) == (200, True)
    assert read["headers"]["pkb-sandbox-cell"] == "partner.facade.read_demographics"
    assert refused["status"] == 401
    assert refused["headers"]["pkb-sandbox-explain"]
    assert control == {"error": "TypeError"}


def test_a_page_of_another_origin_reads_nothing():
    with SandboxServer(port=0, cors_origin=("http://localhost:1",)) as server:
        metadata = {"page": "foreign", "fetch": [f"{server.base_url}/fhir/metadata", {}]}
        assert attempts(server.base_url, free_port(), metadata) == [{"error": "TypeError"}]
