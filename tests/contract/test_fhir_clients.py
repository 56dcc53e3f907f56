"""Real FHIR clients at the Customer endpoints of a running sandbox: what they do, and what they see of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import Client

HERE = Path(__file__).parent
FHIRCLIENT = os.environ.get("PKB_SANDBOX_TEST_FHIRCLIENT")
FHIR_CLIENTS = os.environ.get("PKB_SANDBOX_TEST_FHIR_CLIENTS")
NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")


HISTORY = {"northmoor-r4": ["PATCH", "PUT", "POST"], "northmoor-stu3": ["PUT", "PUT", "POST"]}
"""Methods in a history for a create, an update and a patch: STU3 has no code for the last one."""


def run(pkb: Client, name: str, *command: str) -> Any:
    """A client's output at the endpoint of that name."""
    base = f"{pkb.server.base_url}/customer/{name}/fhir"
    arguments = [*command, base, pkb.token("northmoor-fhir")]
    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.own_environment("fhir_clients")
@pytest.mark.skipif(not FHIR_CLIENTS, reason="fhirpy is not at hand: PKB_SANDBOX_TEST_FHIR_CLIENTS names no Python")
@pytest.mark.parametrize("name", ["northmoor-r4", "northmoor-stu3"])
def test_fhirpy_reads_and_writes_a_customer_endpoint(pkb: Client, name: str):
    assert run(pkb, name, str(FHIR_CLIENTS), str(HERE / "fhirpy_customer.py")) == {
        "create": True,
        "read": True,
        "update": True,
        "patch": True,
        "history": HISTORY[name],
        "transaction": ["201"] * 8,
        "search": True,
        "chained": 1,
        "pages": [f"Many{number}" for number in range(7)],
        "first": "Many0",
        "invalid": "extra property",
        "deleted": "ResourceNotFound",
        "unknown": "ResourceNotFound",
    }


SEEN_BY_FHIRCLIENT = {
    "create": "Okafor",
    "update": "female",
    "patch": True,
    "history": HISTORY["northmoor-r4"],
    "transaction": ["201"] * 5,
    "search": True,
    "pages": [2, 2, 1],
    "invalid": [422, "extra property"],
    "read deleted": 410,
    "read nobody": 404,
}


@pytest.mark.own_environment("fhirclient")
@pytest.mark.skipif(not FHIRCLIENT, reason="fhirclient 3 is not at hand: PKB_SANDBOX_TEST_FHIRCLIENT names no Python")
def test_fhirclient_of_stu3_reads_and_writes_a_customer_endpoint(pkb: Client):
    seen = run(pkb, "northmoor-stu3", str(FHIRCLIENT), str(HERE / "fhirclient_customer.py"))
    assert seen == {**SEEN_BY_FHIRCLIENT, "history": HISTORY["northmoor-stu3"]}


@pytest.mark.own_environment("fhir_clients")
@pytest.mark.skipif(
    not FHIR_CLIENTS, reason="fhirclient 4 is not at hand: PKB_SANDBOX_TEST_FHIR_CLIENTS names no Python"
)
def test_fhirclient_of_r4_reads_and_writes_a_customer_endpoint(pkb: Client):
    seen = run(pkb, "northmoor-r4", str(FHIR_CLIENTS), str(HERE / "fhirclient_customer.py"))
    assert seen == SEEN_BY_FHIRCLIENT


@pytest.mark.own_environment("node")
@pytest.mark.skipif(
    not NODE or shutil.which("node") is None,
    reason="fhir-kit-client is not at hand: PKB_SANDBOX_TEST_NODE names no folder with node_modules",
)
@pytest.mark.parametrize(("name", "fhir_version"), [("northmoor-r4", "4.0.1"), ("northmoor-stu3", "3.0.1")])
def test_fhir_kit_client_reads_and_writes_a_customer_endpoint(pkb: Client, name: str, fhir_version: str):
    assert run(pkb, name, "node", str(HERE / "fhir_kit_client.mjs")) == {
        "statement": fhir_version,
        "create": "Okafor",
        "read": True,
        "update": "female",
        "vread": "none",
        "patch": True,
        "history": HISTORY[name],
        "typeHistory": 3,
        "transaction": ["201"] * 5,
        "batch": ["200"] * 5,
        "pages": [2, 2, 1],
        "invalid": 422,
        "deleted": 410,
        "unknown": 404,
    }
