"""What `serve` prints: each API, a credential of each kind, and a first call for each integration type."""

from __future__ import annotations

import pytest

from sandbox.cli.banner import banner
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

BASE = "http://127.0.0.1:8080"
KINDS = (
    "hl7-org",
    "hl7-partner",
    "user-client",
    "system-client",
    "customer-system-client",
    "tethered-token-system-client",
)


@pytest.fixture(scope="module")
def text() -> str:
    return banner(Workspaces(Settings()).default, BASE)


@pytest.mark.parametrize(
    "path", ["/services/hl7", "/json", "/fhir", "/phr-fhir", "/aggregated/fhir", "/customer/northmoor-r4/fhir"]
)
def test_each_api_is_listed_with_its_address(text: str, path: str):
    assert f"{BASE}{path}" in {word for line in text.splitlines() for word in line.split()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_of_each_kind_is_on_one_line(text: str, kind: str):
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [kind]]
    assert len(line.split()) >= 3


def test_customer_partner_and_app_each_have_a_first_call(text: str):
    assert f"pkb-sandbox hl7 send --url {BASE} adt_a28" in text
    assert f'"{BASE}/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C999' in text
    assert f"{BASE}/apiAuthorize.action?response_type=code&client_id=stepwise-diary" in text
