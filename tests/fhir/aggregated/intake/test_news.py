"""Notifications of a Customer's resources: the same as for the same data by HL7."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.model import OutboxItem
from sandbox.settings import Settings
from tests.fhir.customer.support import Endpoint
from tests.journeys.test_notifications import MAILED, PUSHED, TOLA, clock, id_of, outbox, outcomes
from tests.support import Client

Json = dict[str, Any]
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": TOLA}],
    "managingOrganization": {"reference": "Organization/o1"},
}
ORGANIZATION: Json = {
    "resourceType": "Organization",
    "id": "o1",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RNM99"}],
}
TO = {"reference": "Patient/p1"}
CODE = {"text": "Something"}
FINISHED: Json = {"status": "finished", "class": {"code": "IMP"}, "subject": TO}
WEIGHT: Json = {"status": "final", "code": CODE, "subject": TO, "valueString": "61"}
LABORATORY = [{"coding": [{"code": "laboratory"}]}]
DOCUMENT: Json = {"status": "current", "subject": TO, "content": [{"attachment": {"url": "urn:x"}}]}
PLAN: Json = {"intent": "plan", "subject": TO}
BOOKED: Json = {"status": "booked", "participant": [{"actor": TO, "status": "accepted"}]}

TABLE: dict[str, tuple[Json, list[tuple[str, str | None]]]] = {
    "an appointment": (
        {"resourceType": "Appointment", **BOOKED, "start": "2026-07-09T09:00:00Z", "end": "2026-07-09T10:00:00Z"},
        [MAILED, PUSHED],
    ),
    "an appointment in the past": (
        {"resourceType": "Appointment", **BOOKED, "start": "2026-06-09T09:00:00Z", "end": "2026-06-09T10:00:00Z"},
        [("email", "in-the-past"), ("nhs-app", "in-the-past")],
    ),
    "a document": ({"resourceType": "DocumentReference", **DOCUMENT, "date": "2026-06-30T09:00:00Z"}, [MAILED, PUSHED]),
    "an old document": (
        {"resourceType": "DocumentReference", **DOCUMENT, "date": "2026-06-20T09:00:00Z"},
        [("email", "older-than-a-week"), ("nhs-app", "older-than-a-week")],
    ),
    "a document entered in error": (
        {"resourceType": "DocumentReference", **DOCUMENT, "status": "entered-in-error"},
        [],
    ),
    "a message": ({"resourceType": "Communication", "status": "completed", "subject": TO}, [MAILED, PUSHED]),
    "a discharge": ({"resourceType": "Encounter", **FINISHED, "period": {"end": "2026-06-30"}}, [MAILED]),
    "an old discharge": (
        {"resourceType": "Encounter", **FINISHED, "period": {"end": "2026-06-20T09:00:00+01:00"}},
        [("email", "older-than-a-week")],
    ),
    "a visit": ({"resourceType": "Encounter", **FINISHED, "status": "in-progress"}, []),
    "a plan": ({"resourceType": "CarePlan", **PLAN, "status": "active"}, [MAILED]),
    "a draft of a plan": ({"resourceType": "CarePlan", **PLAN, "status": "draft"}, []),
    "an allergy": (
        {"resourceType": "AllergyIntolerance", "code": CODE, "patient": TO},
        [("email", "arrived-by-hl7-or-fhir")],
    ),
    "a diagnosis": ({"resourceType": "Condition", "code": CODE, "subject": TO}, [("email", "arrived-by-hl7-or-fhir")]),
    "a measurement": ({"resourceType": "Observation", **WEIGHT}, [MAILED]),
    "a result": ({"resourceType": "Observation", **WEIGHT, "category": LABORATORY}, [MAILED]),
    "a report": ({"resourceType": "DiagnosticReport", "status": "final", "code": CODE, "subject": TO}, [MAILED]),
    "a medication": (
        {
            "resourceType": "MedicationStatement",
            "status": "active",
            "subject": TO,
            "medicationCodeableConcept": CODE,
        },
        [MAILED],
    ),
    "a procedure": ({"resourceType": "Procedure", "status": "completed", "subject": TO}, []),
    "the patient": ({**PATIENT, "active": True}, []),
}


@pytest.fixture
def endpoint(pkb: Client) -> Endpoint:
    """Northmoor's R4 endpoint on the first of July, with an Organization and Tola as a Patient."""
    clock(pkb, {"mode": "frozen", "at": "2026-07-01T09:00:00Z"})
    matches = Endpoint(pkb)
    matches.put(ORGANIZATION)
    matches.put(PATIENT)
    assert outbox(pkb, suppressed="all") == []
    return matches


def put(endpoint: Endpoint, resource: Json) -> str:
    """Writes a resource; gives the id of its exchange."""
    body = {"id": "x1", **resource}
    response = endpoint.ask("PUT", f"/{body['resourceType']}/{body['id']}", body)
    assert response.status_code in (200, 201), response.text
    return response.headers["pkb-sandbox-exchange"]


@pytest.mark.parametrize(("resource", "expected"), TABLE.values(), ids=TABLE)
def test_a_resource_tells_whom_the_table_says(
    endpoint: Endpoint, resource: Json, expected: list[tuple[str, str | None]]
):
    exchange = put(endpoint, resource)
    items = outbox(endpoint.pkb, exchange=exchange, suppressed="all")
    assert outcomes(items) == expected
    assert {item["patient"] for item in items} <= {id_of(endpoint.pkb, TOLA)}
    assert all(item["about"] == {"kind": resource["resourceType"], "id": "x1"} for item in items)
    assert outbox(endpoint.pkb, exchange=put(endpoint, resource), suppressed="all") == []  # the same again is no news


def test_a_transaction_is_one_mail_about_results(endpoint: Endpoint):
    results = [{"resourceType": "Observation", "id": f"r{n}", **WEIGHT} for n in range(5)]
    entries = [{"resource": item, "request": {"method": "PUT", "url": f"Observation/{item['id']}"}} for item in results]
    response = endpoint.ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert response.status_code == 200, response.text
    exchange = response.headers["pkb-sandbox-exchange"]
    assert outcomes(outbox(endpoint.pkb, exchange=exchange, suppressed="all")) == [MAILED]


def test_an_unknown_patient_gets_no_notification(endpoint: Endpoint):
    number = [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9998120039"}]
    endpoint.put({**PATIENT, "identifier": number})
    put(endpoint, {"resourceType": "Observation", **WEIGHT})
    assert outbox(endpoint.pkb, suppressed="all") == []


def test_what_is_delayed_is_announced_when_it_is_aggregated(endpoint: Endpoint):
    workspace = endpoint.pkb.server.workspaces.default
    before = workspace.settings
    workspace.settings = Settings(aggregation_delay=60)
    try:
        exchange = put(endpoint, {"resourceType": "Observation", **WEIGHT})
        assert list(workspace.store.all(OutboxItem)) == []
        (line,) = clock(endpoint.pkb, {"advance": "PT61S"})["became_due"]
        assert line == "Aggregated: northmoor-r4/Observation/x1"
        assert outcomes(outbox(endpoint.pkb, exchange=exchange)) == [MAILED]
    finally:
        workspace.settings = before


def test_generated_people_send_no_notification(pkb: Client):
    assert pkb.http.post("/_sandbox/generate", json={"patients": 2, "seed": 7}).status_code == 201
    assert outbox(pkb, suppressed="all") == []
