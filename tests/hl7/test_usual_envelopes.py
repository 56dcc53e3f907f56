"""An envelope whose ends are known is opened without a parser, and as a parser opens it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.base.short_cache import LONGEST
from sandbox.errors import SandboxError
from sandbox.hl7.soap import open_envelope
from tests.support import SOAP

UTF_8 = "text/xml;charset=utf-8"
USUAL = SOAP.format("<![CDATA[{}]]>")
ENVELOPES = (
    USUAL,
    f"<?xml version='1.0' encoding='utf-8'?>{USUAL}",
    USUAL.replace("<![", "before <!["),
    USUAL.replace("]]>", "]]> after"),
    USUAL.replace("]]>", "]]><x>more</x>"),
    USUAL.replace("arg0>", "arg1>"),
    USUAL.replace("<soapenv:Body>", f"<soapenv:Body><!--{'long' * LONGEST}-->"),
)
CONTENTS = st.text(st.sampled_from("A|^~\\&\r\n\t<>]![\x7f é\x0b"), max_size=30)


def opened(envelope: str, content: str, content_type: str = UTF_8) -> str | None:
    """The message in an envelope; None where it is refused."""
    try:
        return open_envelope(envelope.replace("{}", content).encode(), content_type)
    except SandboxError:
        return None


def parsed(envelope: str, content: str) -> str | None:
    """The same by a parser of XML."""
    try:
        root = ElementTree.fromstring(envelope.replace("{}", content))
    except ElementTree.ParseError:
        return None
    argument = root.find(".//arg0")
    return "" if argument is None else "".join(argument.itertext())


@pytest.mark.parametrize("envelope", ENVELOPES)
@given(content=CONTENTS)
def test_an_envelope_is_opened_as_a_parser_opens_it(envelope: str, content: str):
    assert opened(envelope, "MSH|^~\\&|PAS") is not None
    assert opened(envelope, content) == parsed(envelope, content)


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
def test_a_long_message_is_opened_too(line_end: str):
    text = line_end.join(("MSH|^~\\&|PAS", f"OBX|1|ED|^^^Base64^{'QUJD' * 20_000}", ""))
    assert opened(USUAL, text) == text.replace(line_end, "\n")


@pytest.mark.parametrize(
    "envelope",
    [
        USUAL.replace("<arg0><![", "<arg0>MSH|1</arg0><!-- <![").replace("]]></arg0>", "]]> -->"),
        USUAL.replace("<arg0><![", "<arg0>MSH|1</arg0><?x <![").replace("]]></arg0>", "]]> ?>"),
        USUAL.replace("<arg0><![", "<arg0>MSH|1</arg0><x><![").replace("]]></arg0>", "]]></x>"),
    ],
    ids=["comment", "instruction", "another element"],
)
def test_a_section_elsewhere_is_not_the_message(envelope: str):
    assert [opened(envelope, content) for content in ("MSH|2", "MSH|1", "MSH|3")] == ["MSH|1"] * 3


@pytest.mark.parametrize("charset", ["utf-16", "koi8-r"])
def test_another_charset_is_not_taken_for_a_known_one(charset: str):
    assert opened(USUAL, "MSH|1") == "MSH|1"
    assert opened(USUAL, "MSH|1", f"text/xml;charset={charset}") is None


def test_a_document_type_before_a_known_end_is_refused():
    assert opened(USUAL, "MSH|1") == "MSH|1"
    assert opened(f"<!DOCTYPE a>{USUAL}", "MSH|1") is None
