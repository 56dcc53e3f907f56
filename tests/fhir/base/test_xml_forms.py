"""Resources as XML and back: every form of an element, and the bounds of a document."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import NotAcceptable, SandboxError, Unreadable, WrongMediaType
from sandbox.fhir.base import xml
from sandbox.fhir.base.json import DEEPEST, Number
from sandbox.fhir.base.validation import InvalidResource

Json = dict[str, Any]
FHIR = 'xmlns="http://hl7.org/fhir"'
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'

FORMS: dict[str, tuple[Json, str]] = {
    "a text": ({"birthDate": "2020"}, '<birthDate value="2020" />'),
    "a boolean": ({"active": False}, '<active value="false" />'),
    "a number": ({"multipleBirthInteger": 2}, '<multipleBirthInteger value="2" />'),
    "an id of a primitive": ({"_gender": {"id": "x"}}, '<gender id="x" />'),
    "a primitive with an id": ({"gender": "other", "_gender": {"id": "x"}}, '<gender value="other" id="x" />'),
    "an extension of a primitive": (
        {"birthDate": "2020", "_birthDate": {"extension": [{"url": "u", "valueInteger": 3}]}},
        '<birthDate value="2020"><extension url="u"><valueInteger value="3" /></extension></birthDate>',
    ),
    "a decimal": (
        {"extension": [{"id": "e", "url": "u", "valueDecimal": Number("1.10")}]},
        '<extension id="e" url="u"><valueDecimal value="1.10" /></extension>',
    ),
    "a list": ({"name": [{"given": ["A", "B"]}]}, '<name><given value="A" /><given value="B" /></name>'),
    "a list of one": ({"name": [{"given": ["A"]}]}, '<name><given value="A" /></name>'),
    "a list with an id in the middle": (
        {"name": [{"given": ["A", None, "C"], "_given": [None, {"id": "g"}, None]}]},
        '<name><given value="A" /><given id="g" /><given value="C" /></name>',
    ),
    "a list of which one has an id": (
        {"name": [{"given": ["A", "B"], "_given": [{"id": "g"}, None]}]},
        '<name><given value="A" id="g" /><given value="B" /></name>',
    ),
    "an element with an id": ({"name": [{"id": "n", "family": "F"}]}, '<name id="n"><family value="F" /></name>'),
    "a resource inside": (
        {"contained": [{"resourceType": "Group", "id": "o", "active": True}]},
        '<contained><Group><id value="o" /><active value="true" /></Group></contained>',
    ),
    "a narrative": (
        {"text": {"status": "generated", "div": f"<div {XHTML}>a<b>c</b>d</div>"}},
        f'<text><status value="generated" /><div {XHTML}>a<b>c</b>d</div></text>',
    ),
    "several": ({"id": "p", "active": True}, '<id value="p" /><active value="true" />'),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_resource_is_the_same_in_json_and_in_xml(name: str):
    content, elements = FORMS[name]
    document = f"<Patient {FHIR}>{elements}</Patient>"
    assert xml.to_xml("r4", {"resourceType": "Patient", **content}).decode() == HEAD + document
    assert xml.from_xml("r4", document.encode()) == {"resourceType": "Patient", **content}


def test_lists_beside_each_other_may_have_different_lengths():
    for content in ({"given": ["A"], "_given": [None, {"id": "g"}]}, {"_given": [{"id": "f"}, {"id": "g"}]}):
        text = xml.to_xml("r4", {"resourceType": "Patient", "name": [content]}).decode()
        assert '<given id="g" />' in text
        assert text.count("<given") == 2


def test_a_pretty_document_is_indented():
    text = xml.to_xml("r4", {"resourceType": "Patient", "active": True}, pretty=True).decode()
    assert text == f'{HEAD}<Patient {FHIR}>\n  <active value="true" />\n</Patient>'


def test_a_narrative_that_is_no_xhtml_becomes_the_text_of_a_div():
    resource = {"resourceType": "Patient", "text": {"status": "generated", "div": "a < b"}}
    assert f"<div {XHTML}>a &lt; b</div>" in xml.to_xml("r4", resource).decode()


VALUES: dict[str, tuple[str, Json]] = {
    "a word for a boolean": ('<active value="yes" />', {"active": "yes"}),
    "true": ('<active value="true" />', {"active": True}),
    "a whole number": ('<multipleBirthInteger value="-12" />', {"multipleBirthInteger": -12}),
    "no whole number": ('<multipleBirthInteger value="012" />', {"multipleBirthInteger": "012"}),
    "an element without a value": ("<active />", {"active": ""}),
    "two of an element that may occur once": ('<active value="true" /><active />', {"active": [True, ""]}),
    "an element that the type does not have": ('<colour value="red" />', {"colour": "red"}),
    "such an element without a value": ("<colour />", {"colour": ""}),
    "such an attribute": ('<name colour="red" />', {"name": [{"colour": "red"}]}),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_another_type_stays_what_it_is_for_the_validation(name: str):
    element, content = VALUES[name]
    assert xml.from_xml("r4", f"<Patient {FHIR}>{element}</Patient>".encode()) == {"resourceType": "Patient", **content}


REFUSED: dict[str, tuple[str, type[SandboxError], str]] = {
    "no XML": ("<Patient", Unreadable, "The body is not XML"),
    "a DTD": (f"<!DOCTYPE Patient><Patient {FHIR} />", Unreadable, "document type declaration"),
    "another namespace": ("<Patient />", Unreadable, "Patient is not a resource"),
    "an unknown type": (f"<Pet {FHIR} />", Unreadable, "Pet is not a resource"),
    "a type without a model": (f"<EffectEvidenceSynthesis {FHIR} />", WrongMediaType, "accepted only as JSON"),
    "text at the beginning": (f'<Patient {FHIR}>x<active value="true" /></Patient>', Unreadable, "Patient contains"),
    "text at the end": (f'<Patient {FHIR}><active value="true" /> x</Patient>', Unreadable, "Patient contains text"),
    "text in an element": (f"<Patient {FHIR}><name>x</name></Patient>", Unreadable, "name contains text"),
    "two resources in one place": (
        f"<Patient {FHIR}><contained><Group /><Group /></contained></Patient>",
        Unreadable,
        "exactly one resource",
    ),
    "no resource in its place": (f"<Patient {FHIR}><contained /></Patient>", Unreadable, "exactly one resource"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_of_another_form_is_refused(name: str):
    document, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        xml.from_xml("r4", document.encode())


@pytest.mark.parametrize(
    "resource", [{"resourceType": "EffectEvidenceSynthesis"}, {"resourceType": "Patient", "language": "\x01"}]
)
def test_what_xml_cannot_hold_is_refused(resource: Json):
    with pytest.raises(NotAcceptable):
        xml.to_xml("r4", resource)


PLACES: dict[str, tuple[str, str, int]] = {
    "a resource": ("", "", 1),
    "a primitive": ('<birthDate value="2020">', "</birthDate>", 1),
    "a resource inside": ("<contained><Patient>", "</Patient></contained>", 3),
    "an element": ("<contact>", "</contact>", 2),
    "an element of an element": ("<contact><name>", "</name></contact>", 3),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_document_has_so_many_levels(name: str):
    """One level more is not even looked at as JSON, whose lists count as levels too."""
    before, after, levels = PLACES[name]
    for more, rule in ((0, "customer.json"), (1, "customer.xml")):
        number = DEEPEST - levels + more
        nested = '<extension url="u">' * number + "</extension>" * number
        with pytest.raises(Unreadable, match="more than 100 levels") as refused:
            xml.from_xml("r4", f"<Patient {FHIR}>{before}{nested}{after}</Patient>".encode())
        assert refused.value.rule == rule


def test_a_narrative_in_xml_has_so_many_levels():
    for more in (0, 1):
        inner = "<p>" * (DEEPEST - 1 + more) + "</p>" * (DEEPEST - 1 + more)
        text = f'<text><status value="generated" /><div {XHTML}>{inner}</div></text>'
        document = f"<Patient {FHIR}>{text}</Patient>".encode()
        if more:
            with pytest.raises(InvalidResource, match="more than 100 levels"):
                xml.from_xml("r4", document)
        else:
            assert xml.from_xml("r4", document)["text"]["div"].count("<p") == DEEPEST - 1


@pytest.mark.parametrize("length", [xml.PIECE - 1, xml.PIECE, xml.PIECE + 1, 2 * xml.PIECE + 1])
def test_a_document_of_several_pieces_is_read_whole(length: int):
    start, end = f'<Patient {FHIR}><language value="', '" /></Patient>'
    value = "x" * (length - len(start) - len(end))
    assert xml.from_xml("r4", f"{start}{value}{end}".encode())["language"] == value
