"""Partners and apps read a record, from the first call to the last.

Clients are those of integrators: zeep for HL7, Requests-OAuthlib and Authlib for tokens; bodies are read by the STU3
models of `fhir.resources`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session as Authlib
from fhir.resources.STU3.bundle import Bundle
from fhir.resources.STU3.parameters import Parameters
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from tests.contract.test_oauth_clients import AUTHORIZE, DIARY, DONE, TOKEN
from tests.fhir.facade.samples import CODES, LABORATORY, RADIOLOGY, RHYS, TOLA
from tests.hl7.messages.test_mdm import TXA, obx, t02
from tests.journeys.test_hl7_soap_clients import session as hl7_session
from tests.journeys.test_hl7_soap_clients import soap_client
from tests.support import NORTHMOOR, Client

NHS = "https://fhir.nhs.uk/Id/nhs-number"


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OAUTHLIB_INSECURE_TRANSPORT", "AUTHLIB_INSECURE_TRANSPORT"):
        monkeypatch.setenv(name, "1")


@pytest.fixture
def partner(pkb: Client) -> Iterator[Any]:
    """Letterbox, with a token of its own, acting for Northmoor."""
    client = "letterbox-facade"
    with OAuth2Session(client=BackendApplicationClient(client)) as opened:
        secret = pkb.credential(client)["client_secret"]
        opened.fetch_token(f"{pkb.server.base_url}/api/oauth/token", client_id=client, client_secret=secret)
        opened.headers.update({"X-Org-Public-Id": pkb.organisation(NORTHMOOR), "Accept": "application/fhir+json"})
        yield opened


def matches(pkb: Client, session: Any, path: str, status: int = 200) -> list[Any]:
    """The resources of a searchset, as the strict models read them."""
    response = session.get(f"{pkb.server.base_url}/fhir{path}")
    assert response.status_code == status, response.text
    return [entry.resource for entry in Bundle.model_validate(response.json()).entry or []]


def test_hybrid_mail_a_letter_is_posted_unless_it_was_read(pkb: Client, partner: Any):
    soap = soap_client(pkb, hl7_session(pkb))
    for number in ("L-1", "L-2"):
        ack = soap.service.acceptMessage(t02(TXA.replace("D1", number), obx()))
        assert "MSA|AA" in ack

    def unread() -> set[str]:
        window = "created=ge2026-03-01&created=lt2026-04-01"
        letters = matches(pkb, partner, f"/DocumentReference?{window}&document-status={CODES}/document-status|UNREAD")
        return {letter.identifier[0].value for letter in letters}

    def receipts() -> dict[str, bool]:
        numbers = [
            {"name": "documentIdentifier", "valueIdentifier": {"value": number}} for number in ("L-1", "L-2", "L-3")
        ]
        parameters = {"resourceType": "Parameters", "parameter": numbers}
        headers = {"Content-Type": "application/fhir+json"}
        operation = f"{pkb.server.base_url}/fhir/DocumentReference/$read-receipt-query"
        answer = partner.post(operation, json=parameters, headers=headers).json()
        Parameters.model_validate(answer)
        read = {}
        for receipt in answer["parameter"]:
            number, state, *time = receipt["part"]
            read[number["valueIdentifier"]["value"]] = state["valueBoolean"]
            assert [part["name"] for part in time] == ["readDateTime"] * state["valueBoolean"]
        return read

    assert (unread(), receipts()) == ({"L-1", "L-2"}, {"L-1": False, "L-2": False})
    documents = pkb.control(f"/records/{TOLA}")["documents"]
    first = next(document["id"] for document in documents if document["external_id"] == "L-1")
    assert pkb.http.post(f"/_sandbox/records/{TOLA}/documents/{first}/read").status_code == 200
    assert (unread(), receipts()) == ({"L-2"}, {"L-1": True, "L-2": False})
    by_patient = matches(pkb, partner, f"/DocumentReference?patient={TOLA}")
    status = {letter.identifier[0].value: letter.extension[0].valueCoding.code for letter in by_patient}
    assert status == {"L-1": "READ", "L-2": "UNREAD", "RNM-D-0901": "UNREAD"}


def test_an_app_reads_its_patient(pkb: Client):
    """Rhys signs in to Stepwise Diary, which reads what it finds and asks for nobody else."""
    with Authlib(DIARY, redirect_uri=DONE, scope="PATIENT", token_endpoint_auth_method="none") as app:
        _, state = app.create_authorization_url(f"{pkb.server.base_url}{AUTHORIZE}")
        user = {"client_id": DIARY, "redirect_uri": DONE, "scope": "PATIENT", "state": state}
        approved = pkb.http.post(f"/_sandbox/users/{RHYS}/approve", json=user).json()["redirect"]
        app.fetch_token(f"{pkb.server.base_url}{TOKEN}", authorization_response=approved, state=state)
        purview = app.get(f"{pkb.server.base_url}/fhir/Consent/$purview").json()
        patient = purview["parameter"][0]["valueReference"]["reference"]
        assert patient == f"Patient/{RHYS}"
        counts = {
            path: len(matches(pkb, app, f"/{path}"))
            for path in (
                f"Appointment?patient={patient}",
                f"Encounter?patient={patient}",
                f"Observation?patient={patient}&{LABORATORY}",
                f"DiagnosticReport?patient={patient}&{RADIOLOGY}",
                f"DocumentReference?patient={patient}",
                f"Communication?patient={patient}",
                f"Consent?patient={patient}",
                "Questionnaire",
            )
        }
        assert list(counts.values()) == [3, 2, 5, 2, 4, 1, 2, 1]
        response = app.get(f"{pkb.server.base_url}/fhir/Appointment?patient=Patient/{TOLA}")
        assert response.status_code == 403


def test_a_patient_withdraws_consent_while_a_partner_polls(pkb: Client, partner: Any):
    """Northmoor's partner sees what Eastgate supplied as long as the renal team is allowed to, and its own always."""

    def poll() -> dict[str, set[str]]:
        resources_by_type = {
            "documents": matches(pkb, partner, f"/DocumentReference?patient={RHYS}"),
            "results": matches(pkb, partner, f"/Observation?patient={RHYS}&{LABORATORY}"),
        }
        sources = {}
        for kind, resources in resources_by_type.items():
            references = [resource.meta.extension[0].valueReference.display for resource in resources]
            sources[kind] = set(references)
        return sources

    both, own = {NORTHMOOR, "Eastgate Community Health"}, {NORTHMOOR}
    renal = next(t["id"] for o in pkb.control("/world")["organisations"] for t in o["teams"] if "Renal" in t["name"])
    grantee = {"kind": "team", "id": renal}
    assert poll() == {"documents": both, "results": both}
    for change, expected in (
        ({"grantee": grantee, "labels": ["SOCIAL_CARE"]}, own),
        ({"grantee": grantee, "labels": ["GENERAL_HEALTH"]}, both),
        ({"grantee": grantee, "discharged": True}, own),
        ({"grantee": grantee, "discharged": False}, both),
    ):
        response = pkb.http.post(f"/_sandbox/records/{RHYS}/consents", json=change)
        assert response.status_code == 200, response.text
        assert poll() == {"documents": expected, "results": expected}
    assert pkb.http.post(f"/_sandbox/records/{RHYS}/sharing", json={"disabled": True}).status_code == 200
    assert poll() == {"documents": own, "results": own}
    (patient,) = matches(pkb, partner, f"/Patient?identifier={NHS}|9991013709")
    assert patient.extension[0].valueBoolean is True
