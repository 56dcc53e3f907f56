"""Every kind of body that the Facade and Messaging give, in the eyes of the SMART fhirclient for STU3 (3.2.0).

The two statements are the exception: each has a type without an interaction (Person by PKB's own, Patient), which STU3
does not allow, and the client's model refuses them (docs/differences.md).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fhir.facade.operations.samples import RENAL, nhs, parameters, patients, post
from tests.fhir.facade.samples import E_MAIL, LABORATORY, NORTHMOOR_ID, OWEN, RADIOLOGY, TOLA, ask
from tests.fhir.facade.test_statement_files import DEFINITIONS
from tests.fhir.facade.test_valid_stu3 import KINDS
from tests.fhir.messaging.samples import person, send
from tests.support import EASTGATE, NORTHMOOR, Client

Json = dict[str, Any]
FHIRCLIENT = os.environ.get("PKB_SANDBOX_TEST_FHIRCLIENT")
SCRIPT = Path(__file__).with_name("fhirclient_parses.py")
CHECK_IN = "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f"
OF_A_PATIENT = (
    "Appointment?patient={0}",
    "Communication?patient={0}",
    "Consent?patient={0}",
    f"DiagnosticReport?patient={{0}}&{RADIOLOGY}",
    "DocumentReference?patient={0}",
    "Encounter?patient={0}",
    f"Observation?patient={{0}}&{LABORATORY}",
    f"Observation/$group?patient={{0}}&{LABORATORY}",
    f"QuestionnaireResponse?patient={{0}}{KINDS['QuestionnaireResponse']}",
    "Patient/{0}",
)


def searched(pkb: Client) -> Iterator[httpx.Response]:
    """Whatever there is of each patient, for the partner by either grant, a patient, a carer and a professional."""
    for patient in pkb.control("/world")["patients"]:
        for path in (template.format(patient["id"]) for template in OF_A_PATIENT):
            yield from (ask(pkb, f"/{path}", organisation=organisation) for organisation in (NORTHMOOR, EASTGATE))
            yield ask(pkb, f"/{path}", OWEN)
    for user in set(E_MAIL) - {OWEN}:
        yield from (ask(pkb, f"/{template.format(user)}", user) for template in OF_A_PATIENT)
    yield pkb.facade("/DocumentReference?created=ge2025-01-01&created=lt2027-01-01")


def read(pkb: Client) -> Iterator[httpx.Response]:
    """Resources without a patient, and the definitions."""
    for organisation in pkb.control("/world")["organisations"]:
        yield from (pkb.facade(f"/Organization/{place['id']}") for place in (organisation, *organisation["teams"]))
    yield from (pkb.facade(f"/Practitioner/{user['id']}") for user in pkb.control("/world")["users"])
    yield from (pkb.facade(f"/OperationDefinition/{name}") for name in DEFINITIONS)
    yield pkb.facade("/NamingSystem?value=urn:uuid:", organisation=EASTGATE)
    yield pkb.facade("/Questionnaire", organisation=EASTGATE)
    yield pkb.facade("/Questionnaire")
    yield pkb.http.get("/phr-fhir/OperationDefinition/Patient-t-process-message")


def operated(pkb: Client) -> Iterator[httpx.Response]:
    """The response of each operation for every patient that it accepts."""
    world = pkb.control("/world")["patients"]
    everybody = patients(*(nhs(i["value"]) for person in world for i in person["identifiers"] if i["type"] == "NHS"))
    number = ("documentIdentifier", {"valueIdentifier": {"system": f"urn:uuid:{NORTHMOOR_ID}", "value": "RNM-D-0901"}})
    body = parameters(
        ("requestor", {"valueReference": {"reference": f"Practitioner/{OWEN}"}}),
        ("target", {"valueReference": {"reference": f"Organization/{RENAL}"}}),
    )
    yield post(pkb, "/Patient/$status-query", everybody)
    yield post(pkb, "/Patient/$date-of-last-data-point", everybody)
    yield post(pkb, "/Organization/$generate-invitation-tokens", everybody)
    yield post(pkb, "/DocumentReference/$read-receipt-query", parameters(number))
    yield post(pkb, f"/Questionnaire/{CHECK_IN}/$send-questionnaire-request", body)
    yield ask(pkb, "/Consent/$purview", OWEN)
    yield ask(pkb, "/Consent/$purview", TOLA)


def refused(pkb: Client) -> Iterator[httpx.Response]:
    """Refusals of either endpoint, and what Messaging says of a patient whom it takes in."""
    yield from (
        pkb.facade(path) for path in ("/Patient", "/Patient/1", "/Foo", "/Person/$destroy", "/Patient/1/_history")
    )
    yield pkb.facade(f"/Appointment?patient={TOLA}", client="")
    yield post(pkb, "/Person/$destroy", {"resourceType": "Parameters"})
    yield post(pkb, "/Patient/$status-query", patients(nhs("")))
    yield from (send(pkb, person()) for _ in range(2))
    yield send(pkb, person(telecom=[{"system": "email", "value": E_MAIL[TOLA]}]))
    yield send(pkb, person(name=None))
    yield send(pkb, {"resourceType": "Bundle"})


@pytest.mark.own_environment("fhirclient")
@pytest.mark.skipif(
    not FHIRCLIENT, reason="fhirclient 3.2.0 is not at hand: PKB_SANDBOX_TEST_FHIRCLIENT names no Python"
)
@pytest.mark.parametrize("bodies", [searched, read, operated, refused])
def test_the_smart_client_for_stu3_parses_every_body(pkb: Client, bodies: Any):
    resources = [response.json() for response in bodies(pkb)]
    lines = "\n".join(json.dumps(resource) for resource in resources)
    ran = subprocess.run([str(FHIRCLIENT), str(SCRIPT)], input=lines, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) == len(resources) + sum(len(resource.get("entry", ())) for resource in resources)


@pytest.mark.parametrize("bodies", [searched, read, operated, refused])
def test_they_are_of_every_type(pkb: Client, bodies: Any):
    """Otherwise the test above would parse too little."""
    resources = [response.json() for response in bodies(pkb)]
    resources += [entry["resource"] for resource in resources for entry in resource.get("entry", ())]
    assert {resource["resourceType"] for resource in resources} == EXPECTED[bodies]


EXPECTED = {
    searched: {
        "Appointment",
        "Bundle",
        "Communication",
        "Consent",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "Observation",
        "OperationOutcome",
        "Patient",
        "ProcedureRequest",
        "QuestionnaireResponse",
    },
    read: {
        "Bundle",
        "NamingSystem",
        "OperationDefinition",
        "Organization",
        "Practitioner",
        "Questionnaire",
    },
    operated: {"Parameters"},
    refused: {"OperationOutcome"},
}
"""Kind of request → the types that answer it."""
