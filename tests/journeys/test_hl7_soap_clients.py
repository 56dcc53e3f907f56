"""Clients that others wrote, and envelopes as PKB prints them, against the HL7 endpoint."""

from __future__ import annotations

import pytest
import requests
import zeep
import zeep.exceptions
from zeep.transports import Transport

from tests.hl7.samples import A28, A31, NHS, example, stored
from tests.support import Client

PKBS_OWN = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
                  xmlns:wss=" http://wsssl.hl7api.patientsknowbest.com/ ">
  <soapenv:Header/>
  <soapenv:Body>
    <wss:acceptMessage>
      <arg0><![CDATA[
{}
      ]]></arg0>
    </wss:acceptMessage>
  </soapenv:Body>
</soapenv:Envelope>
"""


def session(pkb: Client, user: str = "org_northmoor", password: str | None = None) -> requests.Session:
    opened = requests.Session()
    opened.auth = (user, password or pkb.credential(user)["password"])
    return opened


def soap_client(pkb: Client, opened: requests.Session) -> zeep.Client:
    return zeep.Client(f"{pkb.server.base_url}/services/hl7?wsdl", transport=Transport(session=opened))


def test_a_generated_client_creates_queries_and_updates(pkb: Client):
    with session(pkb) as opened:
        service = soap_client(pkb, opened).service
        created = service.acceptMessage(A28)
        reply = service.acceptMessage(example("qry_a19_dem"))
        updated = service.acceptMessage(arg0=A31)
    assert created.split("\r")[1] == "MSA|AA|a28-001"
    assert reply.split("\r")[0].split("|")[8] == "ADR^A19"
    assert f"{NHS}^^^NHS^NH" in reply
    assert updated.split("\r")[1] == "MSA|AA|a31-001"
    assert stored(pkb).phone == "07700900222"


def test_a_generated_client_gets_refusals_as_answers(pkb: Client):
    with session(pkb) as opened:
        answer = soap_client(pkb, opened).service.acceptMessage(A28.replace("Khatun^Rina", "^Rina"))
    detail = "Parsing or validation error: Cannot create patient missing these fields: surname"
    assert answer.split("\r")[1] == f"MSA|AR|a28-001|{detail}"


def test_a_generated_client_may_send_nothing(pkb: Client):
    with session(pkb) as opened:
        answer = soap_client(pkb, opened).service.acceptMessage()
    assert answer.split("\r")[1] == "MSA|AE||Unexpected error while processing: null"


def test_a_generated_client_sees_wrong_credentials_as_a_transport_error(pkb: Client):
    with session(pkb, password="wrong") as opened:
        client = soap_client(pkb, opened)
        with pytest.raises(zeep.exceptions.TransportError) as failed:
            client.service.acceptMessage(A28)
    assert failed.value.status_code == 401


def test_the_wsdl_has_one_operation_with_one_argument(pkb: Client):
    with session(pkb) as opened:
        client = soap_client(pkb, opened)
    (service,) = client.wsdl.services.values()
    (port,) = service.ports.values()
    assert (service.name, port.name) == ("Hl7ApiService", "Hl7ApiPort")
    (operation,) = port.binding._operations.values()
    assert operation.name == "acceptMessage"
    assert operation.input.signature() == "arg0: xsd:string"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_an_envelope_as_pkb_prints_it_is_accepted(pkb: Client, end: str):
    body = PKBS_OWN.format(A28.replace("\n", end)).encode()
    headers = {"Content-Type": "text/xml"}
    with session(pkb) as opened:
        response = opened.post(f"{pkb.server.base_url}/services/hl7", data=body, headers=headers, timeout=30)
    assert response.status_code == 200
    assert "&#xD;MSA|AA|a28-001</return>" in response.text
    assert stored(pkb).name.display == "Mrs Rina Khatun"


def test_an_accented_name_survives_the_journey(pkb: Client):
    with session(pkb) as opened:
        service = soap_client(pkb, opened).service
        service.acceptMessage(A28.replace("Khatun^Rina", "Παπαδοπούλου^Zoë"))
        reply = service.acceptMessage(example("qry_a19_dem"))
    assert "|Παπαδοπούλου^Zoë^Lee^^Mrs|" in reply
