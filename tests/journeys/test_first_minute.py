"""A hospital sends an ADT^A28; a partner reads the same patient from the Facade. With clients that others wrote."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import requests
import zeep
import zeep.transports
from authlib.integrations.requests_client import OAuth2Session
from hl7apy.core import Message
from hl7apy.parser import parse_message, parse_segment

from tests.support import NORTHMOOR, SOAP, Client

FIXTURES = Path(__file__).parents[2] / "fixtures/hl7"
A28 = (FIXTURES / "adt_a28.hl7").read_text(encoding="utf-8")
A19 = (FIXTURES / "qry_a19_dem.hl7").read_text(encoding="utf-8")
NUMBER, SYSTEM = "9998120012", "https://fhir.nhs.uk/Id/nhs-number"
FHIRCLIENT = os.environ.get("PKB_SANDBOX_TEST_FHIRCLIENT")


def assert_hl7apy_reads(text: str) -> Message:
    """As an integrator would: the message leniently, since its type is PKB's own, and each segment strictly."""
    for line in text.split("\r"):
        parse_segment(line, version="2.4", validation_level=1)
    return parse_message(text, find_groups=False)


def soap_client(pkb: Client) -> zeep.Client:
    session = requests.Session()
    session.auth = ("org_northmoor", pkb.credential("org_northmoor")["password"])
    address = f"{pkb.server.base_url}/services/hl7?wsdl"
    return zeep.Client(address, transport=zeep.transports.Transport(session=session))


def test_a_soap_client_made_from_the_wsdl_sends_a_patient(pkb: Client):
    reply = soap_client(pkb).service.acceptMessage(A28)
    assert "\rMSA|AA|a28-001" in reply or "\nMSA|AA|a28-001" in reply


def test_the_same_message_by_plain_post_changes_nothing(pkb: Client):
    soap_client(pkb).service.acceptMessage(A28)
    before = pkb.control("/world")
    assert pkb.ack(pkb.post_soap(SOAP.format(escape(A28)))).code == "AA"
    assert pkb.control("/world") == before


def test_a_partner_reads_the_patient_from_the_facade(pkb: Client):
    assert pkb.send(A28).code == "AA"
    with OAuth2Session("letterbox-facade", pkb.credential("letterbox-facade")["client_secret"]) as oauth:
        oauth.fetch_token(f"{pkb.server.base_url}/api/oauth/token", grant_type="client_credentials")
        response = oauth.get(
            f"{pkb.server.base_url}/fhir/Patient",
            params={"identifier": f"{SYSTEM}|{NUMBER}"},
            headers={"X-Org-Public-Id": pkb.organisation(NORTHMOOR)},
        )
    assert response.status_code == 200
    (entry,) = response.json()["entry"]
    assert entry["resource"]["name"] == [{"family": "Khatun", "given": ["Rina", "Lee"], "prefix": ["Mrs"]}]
    assert {"system": SYSTEM, "value": NUMBER} in entry["resource"]["identifier"]


@pytest.mark.own_environment("fhirclient")
@pytest.mark.skipif(
    not FHIRCLIENT, reason="fhirclient 3.2.0 is not at hand: PKB_SANDBOX_TEST_FHIRCLIENT names no Python"
)
def test_the_smart_client_for_stu3_parses_the_patient_strictly(pkb: Client):
    assert pkb.send(A28).code == "AA"
    script = Path(__file__).parents[1] / "contract/fhirclient_reads.py"
    base, organisation = pkb.server.fhir_url("facade"), pkb.organisation(NORTHMOOR)
    command = [str(FHIRCLIENT), str(script), base, pkb.token("letterbox-facade"), organisation, NUMBER]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    read = json.loads(ran.stdout)
    assert (read["total"], read["same"], read["birthDate"]) == (1, True, "1991-06-23")


def test_a_demographic_query_returns_the_same_patient(pkb: Client):
    ack = pkb.send(A28)
    assert_hl7apy_reads(ack.text)
    answer = pkb.send(A19)
    assert_hl7apy_reads(answer.text)
    patient = pkb.facade("/Patient", params={"identifier": f"{SYSTEM}|{NUMBER}"}).json()["entry"][0]["resource"]
    assert f"{patient['id']}^^^PKB^PI" in answer.segment("PID")[3].split("~")
    assert answer.segment("PID")[5] == "Khatun^Rina^Lee^^Mrs"


def test_the_invitation_is_in_the_outbox(pkb: Client):
    pkb.send(A28)
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("invitation", "rina.khatun@example.org")
    assert mail["links"][0].startswith(f"{pkb.server.base_url}/join/northmoor_default?")
