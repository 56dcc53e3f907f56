"""The endpoint itself: SOAP, credentials, sizes, methods. Source: *HL7 Connection Guidance*."""

from __future__ import annotations

import http.client
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
import pytest

from tests.hl7.samples import A28, state
from tests.support import SOAP, Client

CALL = SOAP.format(escape(A28))
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x.dtd"> %a;]>'
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
NO_CALL: dict[str, str | bytes] = {
    "not XML": "MSH|^~\\&|",
    "unfinished": SOAP[:200],
    "nothing": "",
    "two roots": CALL + CALL,
    "wrong root": "<Letter/>",
    "no body": f'<s:Envelope xmlns:s="{SOAP_11}"/>',
    "empty body": f'<s:Envelope xmlns:s="{SOAP_11}"><s:Body/></s:Envelope>',
    "wrong operation": CALL.replace("acceptMessage", "sendMessage"),
    "entity bomb": BOMB + SOAP.format("&c;"),
    "external entity": OUTSIDE + SOAP.format("&a;"),
    "parameter entity": PARAMETER + CALL,
    "document type alone": f"<!DOCTYPE x>{CALL}",
    "document type in UTF-16 without a mark": f"<!DOCTYPE x>{CALL}".encode("utf-16-le"),
    "document type in UTF-16 that is declared": f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x>{CALL}'.encode(
        "utf-16"
    ),
    "entity without a document type": SOAP.format("&c;"),
    "not in its charset": SOAP.encode().replace(b"{}", b"\xff\xfe"),
    "forbidden character": SOAP.format("MSH&#0;"),
}
FAULT = f"{{{SOAP_11}}}Body/{{{SOAP_11}}}Fault"


@pytest.fixture
def unchanged(pkb: Client) -> Iterator[None]:
    """Whatever the test sends, the record is afterwards what it was before, and the server is up."""
    before = state(pkb)
    yield
    assert state(pkb) == before
    assert pkb.control("/health/live")["status"] == "live"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", NO_CALL.values(), ids=NO_CALL.keys())
def test_a_body_that_is_not_a_call_is_a_soap_client_fault(pkb: Client, body: str | bytes):
    response = pkb.post_soap(body)
    assert response.status_code == 500
    assert response.headers["content-type"] == "text/xml;charset=utf-8"
    fault = ElementTree.fromstring(response.content).find(FAULT)
    assert fault is not None
    assert fault.findtext("faultcode") == "soapenv:Client"
    assert fault.findtext("faultstring")
    explained = pkb.http.get(response.headers["PKB-Sandbox-Explain"]).json()
    assert all(explained[key] for key in ("rule", "caller", "instead", "source"))


def test_an_entity_never_reaches_a_file(pkb: Client):
    name = Path("/etc/hostname").read_text() if Path("/etc/hostname").is_file() else "no such file"
    response = pkb.post_soap(OUTSIDE + SOAP.format("&a;"))
    assert name.strip() not in response.text


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("argument", ["", "<arg0/>", "<arg0></arg0>", "<arg0>  \n </arg0>"])
def test_a_call_without_a_message_is_acknowledged_as_an_unexpected_error(pkb: Client, argument: str):
    ack = pkb.ack(pkb.post_soap(SOAP.replace("<arg0>{}</arg0>", argument)))
    assert ack.segment("MSH")[8] == "ACK"
    assert ack.segment("MSA") == ["MSA", "AE", "", "Unexpected error while processing: null"]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "auth",
    [None, ("org_northmoor", "wrong"), ("nobody", "x"), ("", ""), ("letterbox-facade", "letterbox-Secret-2026")],
    ids=["none", "wrong password", "unknown user", "empty", "credentials of another API"],
)
def test_without_hl7_credentials_the_answer_is_401_with_an_empty_body(pkb: Client, auth: tuple[str, str] | None):
    headers = {"Content-Type": "text/xml"}
    response = pkb.http.post(
        "/services/hl7",
        content=CALL,
        headers=headers,
        auth=httpx.BasicAuth(*auth) if auth else httpx.USE_CLIENT_DEFAULT,
    )
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["WWW-Authenticate"] == 'Basic realm="PKB HL7 API"'
    assert "PKB-Sandbox-Cell" not in response.headers


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic YQ==", "Digest x", "Basic b3JnX25vcnRobW9vcg==", "x"])
def test_a_malformed_authorisation_header_is_401(pkb: Client, header: str):
    response = pkb.http.post("/services/hl7", content=CALL, headers={"Authorization": header})
    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("client", "cell"),
    [("letterbox-facade", "partner.hl7.send_data"), ("northmoor-fhir", "customer.hl7.send_data")],
)
def test_a_live_bearer_token_is_401_and_names_its_cell(pkb: Client, client: str, cell: str):
    headers = {"Authorization": f"Bearer {pkb.token(client)}", "Content-Type": "text/xml"}
    response = pkb.http.post("/services/hl7", content=CALL, headers=headers)
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["PKB-Sandbox-Cell"] == cell
    assert pkb.http.get(response.headers["PKB-Sandbox-Explain"]).json()["instead"].startswith("HTTP Basic")


def test_a_dead_bearer_token_is_401_without_a_cell(pkb: Client):
    response = pkb.http.post("/services/hl7", content=CALL, headers={"Authorization": "Bearer nothing"})
    assert response.status_code == 401
    assert "PKB-Sandbox-Cell" not in response.headers


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "x-application/hl7-v2+er7", ""])
def test_another_content_type_is_415(pkb: Client, media_type: str):
    response = pkb.post_soap(CALL, Content_Type=media_type)
    assert response.status_code == 415
    assert "text/xml" in response.text


@pytest.mark.usefixtures("unchanged")
def test_another_charset_is_415_with_the_rule(pkb: Client):
    response = pkb.post_soap(CALL, Content_Type="text/xml;charset=punycode")
    assert (response.status_code, response.text) == (415, "The character set punycode is not supported; send UTF-8")
    explanation = pkb.http.get(response.headers["PKB-Sandbox-Explain"]).json()
    assert explanation["id"] == "hl7.charset"


@pytest.mark.parametrize(
    "media_type", ["text/xml", "TEXT/XML; charset=UTF-8", "application/xml", "application/soap+xml", "text/xml;x"]
)
def test_an_xml_content_type_is_read(pkb: Client, media_type: str):
    assert pkb.ack(pkb.post_soap(CALL, Content_Type=media_type)).code == "AA"


@pytest.mark.parametrize("action", ['""', "acceptMessage", "urn:anything"])
def test_any_soap_action_is_accepted(pkb: Client, action: str):
    assert pkb.ack(pkb.post_soap(CALL, SOAPAction=action)).code == "AA"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_other_methods_than_post_are_405(pkb: Client, method: str):
    response = pkb.http.request(method, "/services/hl7")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"].split(", ")


def test_get_says_that_post_is_allowed(pkb: Client):
    assert pkb.http.get("/services/hl7").headers["Allow"] == "POST"


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl="])
def test_the_wsdl_needs_no_credentials_and_names_the_address_it_was_asked_at(pkb: Client, query: str):
    response = pkb.http.get(f"/services/hl7?{query}")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/xml;charset=utf-8")
    (address,) = ElementTree.fromstring(response.content).iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == f"{pkb.server.base_url}/services/hl7"


NORTHMOOR = b64encode(b"org_northmoor:northmoor-Hl7-2026").decode()


def connection(pkb: Client, **headers: str) -> http.client.HTTPConnection:
    """A connection with the head of a POST sent, and nothing of its body."""
    opened = http.client.HTTPConnection("127.0.0.1", pkb.server.port, timeout=30)
    opened.putrequest("POST", "/services/hl7")
    for name, value in {"Content-Type": "text/xml", **headers}.items():
        opened.putheader(name.replace("_", "-"), value)
    opened.endheaders()
    return opened


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_declared_too_large_is_413_before_it_is_read(pkb: Client):
    opened = connection(pkb, Content_Length=str(21 * 1024 * 1024))
    assert opened.getresponse().status == 413
    opened.close()


@pytest.mark.usefixtures("unchanged")
def test_a_chunked_body_that_grows_too_large_is_413(pkb: Client):
    opened = connection(pkb, Transfer_Encoding="chunked", Authorization=f"Basic {NORTHMOOR}")
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    try:
        for _ in range(21):
            opened.send(chunk)
    except OSError:
        pass  # the server has answered, and reads no further
    assert opened.getresponse().status == 413
    opened.close()


def test_a_body_below_the_limit_is_read(pkb: Client):
    padded = CALL.replace("<soapenv:Header/>", f"<soapenv:Header>{' ' * 19 * 1024 * 1024}</soapenv:Header>")
    assert pkb.ack(pkb.post_soap(padded)).code == "AA"


@pytest.mark.usefixtures("unchanged")
def test_deeply_nested_elements_do_not_end_the_server(pkb: Client):
    depth = 100_000
    response = pkb.post_soap(SOAP.format("<a>" * depth + "</a>" * depth))
    assert pkb.ack(response).code == "AE"
