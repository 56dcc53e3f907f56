"""SOAP 1.1 section 4, rule by rule (https://www.w3.org/TR/2000/NOTE-SOAP-20000508/#_Toc478383494)."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest

from tests.hl7.samples import example
from tests.support import SOAP, Client

CALL = SOAP.format(escape(example("adt_a28")))
SOAP_11, SOAP_12 = "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
FAULT = f"{{{SOAP_11}}}Body/{{{SOAP_11}}}Fault"
HEADER, BODY = "<soapenv:Header/>", CALL[CALL.index("<soapenv:Body>") : CALL.index("</soapenv:Envelope>")]


def headed(entry: str) -> str:
    return CALL.replace(HEADER, f"<soapenv:Header>{entry}</soapenv:Header>")


def entry(attributes: str) -> str:
    return headed(f'<w:Security xmlns:w="urn:w" {attributes}/>')


REFUSED = {
    "4.1.2 an Envelope of SOAP 1.2": (CALL.replace(SOAP_11, SOAP_12), "VersionMismatch"),
    "4.1.2 an Envelope of no namespace": ("<Envelope><Body/></Envelope>", "VersionMismatch"),
    "4.1.2 an Envelope of something else": (CALL.replace(SOAP_11, "urn:else"), "VersionMismatch"),
    "4 another root than Envelope": (CALL.replace("soapenv:Envelope", "soapenv:Letter"), "Client"),
    "4.2 a Header that is not first": (CALL.replace(HEADER, f'<x xmlns="urn:x"/>{HEADER}'), "Client"),
    "4.3 no Body": (CALL.replace(BODY, ""), "Client"),
    "4.3 something between Header and Body": (CALL.replace(HEADER, f'{HEADER}<x xmlns="urn:x"/>'), "Client"),
    "4.2.3 an unknown header that must be understood": (entry('soapenv:mustUnderstand="1"'), "MustUnderstand"),
    "4.2.3 the same as a word": (entry('soapenv:mustUnderstand="true"'), "MustUnderstand"),
    "4.2.2 for the next receiver": (
        entry('soapenv:mustUnderstand="1" soapenv:actor="http://schemas.xmlsoap.org/soap/actor/next"'),
        "MustUnderstand",
    ),
    "4.2.3 before the Body is looked at": (
        entry('soapenv:mustUnderstand="1"').replace("acceptMessage", "other"),
        "MustUnderstand",
    ),
    "4.3 another operation": (CALL.replace("acceptMessage", "sendMessage"), "Client"),
}
TAKEN = {
    "4.2 no Header": CALL.replace(HEADER, ""),
    "4.2 a header entry": headed('<a xmlns="urn:a">1</a>'),
    "4.2.3 an unknown header that need not be understood": entry('soapenv:mustUnderstand="0"'),
    "4.2.3 an attribute that is not SOAP's": entry('mustUnderstand="1"'),
    "4.2.2 a header for somebody else": entry('soapenv:mustUnderstand="1" soapenv:actor="urn:somebody-else"'),
    "4.3 something behind the Body": CALL.replace("</soapenv:Envelope>", '<x xmlns="urn:x"/></soapenv:Envelope>'),
}


@pytest.mark.parametrize("rule", REFUSED)
def test_an_envelope_against_a_rule_is_a_fault_with_the_code_of_the_rule(pkb: Client, rule: str):
    body, code = REFUSED[rule]
    media_type = "application/soap+xml" if "1.2" in rule else "text/xml"
    response = pkb.post_soap(body, Content_Type=media_type)
    assert (response.status_code, response.headers["content-type"]) == (500, "text/xml;charset=utf-8")
    fault = ElementTree.fromstring(response.content).find(FAULT)
    assert fault is not None
    assert fault.findtext("faultcode") == f"soapenv:{code}"
    assert fault.findtext("faultstring")
    assert response.headers["PKB-Sandbox-Explain"]


@pytest.mark.parametrize("rule", TAKEN)
def test_an_envelope_within_the_rules_is_taken(pkb: Client, rule: str):
    assert pkb.ack(pkb.post_soap(TAKEN[rule])).code == "AA"


def test_a_fault_names_the_headers_that_are_not_understood(pkb: Client):
    response = pkb.post_soap(entry('soapenv:mustUnderstand="1"'))
    assert "{urn:w}Security" in response.text


@pytest.mark.parametrize(("rule", "has_detail"), [("4.3 another operation", True), ("4.3 no Body", False)])
def test_a_fault_has_a_detail_where_the_entries_of_the_body_are_to_blame(pkb: Client, rule: str, has_detail: bool):
    fault = ElementTree.fromstring(pkb.post_soap(REFUSED[rule][0]).content).find(FAULT)
    assert fault is not None
    assert (fault.find("detail") is not None) == has_detail
