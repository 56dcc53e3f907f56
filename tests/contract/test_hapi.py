"""HAPI FHIR (Java) at a running sandbox: its client with strict parsers, and its validator (https://hapifhir.io)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.server import SandboxServer
from tests.contract.every_body import Body, every_body
from tests.support import NORTHMOOR, Client

HAPI = os.environ.get("PKB_SANDBOX_TEST_HAPI")

pytestmark = [
    pytest.mark.own_environment("hapi"),
    pytest.mark.skipif(
        not HAPI,
        reason="HAPI is not at hand: PKB_SANDBOX_TEST_HAPI names no folder where tests/contract/hapi was built",
    ),
]


def java(name: str, *arguments: str, text: str = "") -> list[list[str]]:
    """The lines that a class of the Maven project prints, taken apart at tabs."""
    project = Path(str(HAPI)) / "target"
    classpath = f"{project / 'classes'}:{(project / 'classpath').read_text(encoding='utf-8').strip()}"
    command = ["java", "-cp", classpath, f"clients.{name}", *arguments]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=900, encoding="utf-8")
    assert ran.returncode == 0, ran.stderr
    return [line.split("\t") for line in ran.stdout.splitlines()]


class Endpoint(NamedTuple):
    """An endpoint as a client sees it, with the client that may call it."""

    kind: str
    release: str
    path: str
    client: str
    results: dict[str, str]


FACADE = {
    "metadata": "CapabilityStatement",
    "read": "tola",
    "read as XML": "406 OperationOutcome",
    "search": "1",
    "search of appointments": "true",
    "read of nobody": "404 OperationOutcome",
    "create": "400 OperationOutcome",
    "$status-query": "Parameters",
}
MESSAGING = {
    "metadata": "CapabilityStatement",
    "$process-message": "201 OperationOutcome",
    "read": "405 OperationOutcome",
}
CUSTOMER = {
    "metadata": "CapabilityStatement",
    "create": "true version true",
    "read": "true",
    "read as XML": "true",
    "vread": "true",
    "conditional create": "false",
    "update": "false",
    "update as create": "true",
    "conditional update": "true",
    "patch": "true",
    "history": "3",
    "search": "1",
    "search as XML": "1",
    "search by POST": "1",
    "transaction": "5",
    "pages": "2 2 1",
    "invalid": "422 OperationOutcome",
    "update of the newest version": "false",
    "update of an older version": "409 OperationOutcome",
    "create, compressed": "true",
    "delete": "MethodOutcome",
    "read of what is deleted": "410 OperationOutcome",
    "read of nobody": "404 OperationOutcome",
}
AGGREGATED = {
    "metadata": "CapabilityStatement",
    "search": "1",
    "read": "true",
    "search of appointments": "true",
    "read of nobody": "404 OperationOutcome",
    "create": "405 OperationOutcome",
}
ENDPOINTS = {
    "Facade": Endpoint("facade", "stu3", "/fhir", "letterbox-facade", FACADE),
    "Messaging": Endpoint("messaging", "stu3", "/phr-fhir", "letterbox-facade", MESSAGING),
    "Customer STU3": Endpoint("customer", "stu3", "/customer/northmoor-stu3/fhir", "northmoor-fhir", CUSTOMER),
    "Customer R4": Endpoint("customer", "r4", "/customer/northmoor-r4/fhir", "northmoor-fhir", CUSTOMER),
    "Aggregated": Endpoint("aggregated", "r4", "/aggregated/fhir", "northmoor-fhir", AGGREGATED),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_the_client_calls_with_strict_parsers(pkb: Client, endpoint: Endpoint):
    tola = pkb.patient("Registered")
    organisation = pkb.organisation(NORTHMOOR) if endpoint.client == "letterbox-facade" else "-"
    base, token = pkb.server.base_url + endpoint.path, pkb.token(endpoint.client)
    lines = java("Calls", endpoint.kind, endpoint.release, base, token, organisation, tola["id"], tola["nhs_number"])
    seen = dict(lines)
    assert {name: value.replace(tola["id"], "tola") for name, value in seen.items()} == endpoint.results


DIFFERENCES = (Path(__file__).parents[2] / "docs/differences.md").read_text(encoding="utf-8")
PLACE = re.compile(r"\[\d+\]|/\*[^*]*\*/")
"""The part of a place that differs from one resource to the next."""
SPECIFICATION = "http://hl7.org/fhir/StructureDefinition/"
NO_END = "an appointment that was sent without an end has no end"
NO_XHTML = "the narrative of an OperationOutcome is plain text"
NAMED = {
    ("CapabilityStatement.rest.resource", "Validation_VAL_Profile_Minimum"): "`Person` has no interaction",
    ("OperationDefinition.id", "Resource_RES_ID_Malformed_Chars"): "`Person-t-delete_status` keeps PKB's id",
    ("Appointment", f"{SPECIFICATION}Appointment#app-2"): NO_END,
    ("Appointment", f"{SPECIFICATION}Appointment#app-3"): NO_END,
    ("OperationOutcome.text.div", "null"): NO_XHTML,
    ("OperationOutcome.text.div", f"{SPECIFICATION}Narrative#txt-1"): NO_XHTML,
    ("OperationOutcome.text.div", f"{SPECIFICATION}Narrative#txt-2"): NO_XHTML,
}
"""Where the validator finds an error, and its id → what docs/differences.md says of it."""


def bodies_of(world: str) -> list[Body]:
    with SandboxServer(port=0, world=world) as server:
        client = Client(server)
        bodies = every_body(client)
        client.http.close()
    return bodies


def test_the_validator_finds_no_error_in_the_default_world_and_in_a_generated_one(tmp_path: Path):
    generated = str(tmp_path / "world")
    command = [sys.executable, "-m", "sandbox", "generate", "--patients", "20", "-o", generated]
    subprocess.run(command, check=True, capture_output=True)
    bodies = {json.dumps(body.resource): body for world in ("default", generated) for body in bodies_of(world)}
    text = "".join(f"{body.release}\t{body.name}\t{resource}\n" for resource, body in bodies.items())
    errors = {
        f"{name.split('/')[0]}: {PLACE.sub('', place)}: {message}"
        for name, place, id_, message in java("Validate", text=text)
        if (PLACE.sub("", place), id_) not in NAMED
    }
    assert len(bodies) > 1000
    assert not errors, "\n".join(sorted(errors))


@pytest.mark.parametrize("text", NAMED.values())
def test_what_the_validator_may_find_is_a_named_difference(text: str):
    assert text in DIFFERENCES
