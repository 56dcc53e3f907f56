"""SOAP 1.1 around a message, without a server. Source: *HL7 Connection Guidance*."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import WrongMediaType
from sandbox.hl7 import soap
from sandbox.hl7.soap import CHARSETS, SoapFault, open_envelope
from tests.support import SOAP

TEXT = "MSH|^~\\&|PAS|N <&> ]]|\rPID|||é 王"
ESCAPED = SOAP.format(escape(TEXT, {"\r": "&#xD;"}))
XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(lambda text: f"\r{text}\n")


def opened(body: str, content_type: str = "text/xml;charset=utf-8") -> str:
    return open_envelope(body.encode(), content_type)


@pytest.mark.parametrize(
    "body",
    [
        ESCAPED,
        SOAP.format(f"<![CDATA[{TEXT}]]>").replace("\r", "]]>&#xD;<![CDATA["),
        ESCAPED.replace("http://wsssl.hl7api.patientsknowbest.com/", " http://wsssl.hl7api.patientsknowbest.com/ "),
        ESCAPED.replace("http://wsssl.hl7api.patientsknowbest.com/", "urn:else"),
        ESCAPED.replace("<arg0>", "<wss:arg0>").replace("</arg0>", "</wss:arg0>"),
        ESCAPED.replace("wss:acceptMessage", "acceptMessage").replace(' xmlns:wss="', ' xmlns="urn:x" xmlns:wss="'),
        f"<?xml version='1.0' encoding='utf-8'?>\n<!-- from a listener -->{ESCAPED}",
        f"\ufeff{ESCAPED}",
        ESCAPED.replace("<soapenv:Header/>", "<soapenv:Header><x>1</x></soapenv:Header>"),
        ESCAPED.replace("<soapenv:Header/>", ""),
        ESCAPED.replace("soapenv:", "S:").replace("xmlns:soapenv", "xmlns:S"),
    ],
    ids=[
        "escaped",
        "CDATA",
        "blanks in the namespace",
        "another namespace",
        "qualified argument",
        "default namespace",
        "declaration",
        "byte order mark",
        "a header",
        "no header",
        "another prefix",
    ],
)
def test_an_envelope_is_opened(body):
    assert opened(body) == TEXT


def test_the_charset_of_the_content_type_wins_over_the_declaration():
    body = f"<?xml version='1.0' encoding='utf-8'?>{ESCAPED.replace('王', 'ö')}".encode("iso-8859-1")
    assert open_envelope(body, "text/xml; charset=ISO-8859-1") == TEXT.replace("王", "ö")


def test_without_a_charset_the_declaration_decides():
    body = f"<?xml version='1.0' encoding='iso-8859-1'?>{ESCAPED.replace('王', 'ö')}".encode("iso-8859-1")
    assert open_envelope(body, "text/xml") == TEXT.replace("王", "ö")


def test_without_charset_and_declaration_the_text_is_utf_8():
    assert open_envelope(ESCAPED.encode(), "text/xml") == TEXT


@pytest.mark.parametrize("charset", ["utf-16", "us-ascii"])
def test_a_charset_that_does_not_fit_is_a_fault(charset):
    with pytest.raises(SoapFault):
        open_envelope(f"{ESCAPED} ".encode(), f"text/xml;charset={charset}")


@pytest.mark.parametrize(
    "charset",
    ["nonsense", "hex", "x''%FF", "punycode", "idna", "uu", "bz2", "unicode_escape", "utf-7", "mbcs", "rot13"],
)
def test_a_charset_beyond_the_list_is_refused_before_the_body_is_decoded(charset):
    with pytest.raises(WrongMediaType, match="is not supported; send UTF-8"):
        open_envelope(ESCAPED.encode(), f"text/xml;charset={charset}")


@pytest.mark.parametrize("charset", CHARSETS)
def test_each_charset_of_the_list_is_read(charset):
    assert open_envelope(SOAP.format("MSH").encode(charset), f"text/xml;charset={charset.upper()}") == "MSH"


@pytest.mark.parametrize("argument", ["", "<arg0/>", "<arg1>x</arg1>"])
def test_a_call_without_arg0_carries_no_text(argument):
    assert opened(SOAP.replace("<arg0>{}</arg0>", argument)) == ""


def test_a_fault_says_what_was_expected():
    with pytest.raises(SoapFault, match="acceptMessage") as fault:
        opened(ESCAPED.replace("acceptMessage", "sendMessage"))
    assert (fault.value.rule, bool(fault.value.instead)) == ("hl7.soap-fault", True)


def test_a_reply_has_one_unqualified_return_in_the_response_of_the_operation():
    root = ElementTree.fromstring(soap.reply("MSH|x\rMSA|AA"))
    (body,) = root
    (response,) = body
    (returned,) = response
    assert root.tag == f"{{{soap.ENVELOPE}}}Envelope"
    assert response.tag == f"{{{soap.NAMESPACE}}}acceptMessageResponse"
    assert (returned.tag, returned.text) == ("return", "MSH|x\rMSA|AA")


def test_a_reply_keeps_carriage_returns_as_references():
    assert b"MSH|x&#xD;MSA|AA" in soap.reply("MSH|x\rMSA|AA")


def test_characters_outside_xml_are_replaced():
    assert ElementTree.fromstring(soap.reply("a\x00b\ud800c")).findtext(".//return") == "a\ufffdb\ufffdc"


@given(XML_TEXT)
def test_the_client_reads_the_reply_unchanged(text):
    read = ElementTree.fromstring(soap.reply(text)).findtext(".//return")
    assert read == soap._ILLEGAL.sub("\ufffd", text)


@given(XML_TEXT)
def test_the_message_arrives_unchanged(text):
    text = soap._ILLEGAL.sub("", text)
    assert opened(SOAP.replace("{}", escape(text, {"\r": "&#xD;"}))) == text


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "text/xml", "text/xml;charset=utf-16", "text/xml;charset=iso-8859-15"]),
)
def test_any_body_is_opened_or_a_fault(body, content_type):
    with pytest.raises(SoapFault):
        open_envelope(body, content_type)


def test_a_fault_is_a_soap_fault_whatever_its_text():
    root = ElementTree.fromstring(soap.fault("<&\x00>"))
    assert root.findtext(".//faultstring") == "<&\ufffd>"


def test_the_wsdl_escapes_the_address():
    root = ElementTree.fromstring(soap.wsdl('http://x/services/hl7?a="&<'))
    (address,) = root.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == 'http://x/services/hl7?a="&<'
