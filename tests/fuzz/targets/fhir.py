"""FHIR: exact JSON, XML, dates and periods."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sandbox.errors import NotAcceptable, Unreadable, WrongMediaType
from sandbox.fhir.base.json import parse, render
from sandbox.fhir.base.validation import InvalidResource, check_structure
from sandbox.fhir.base.xml import from_xml, to_xml
from sandbox.fhir.search.date import BEGINNING, END, range_of, sort_key, values
from tests.fuzz.strategies import as_json, changed, encoded, json_values, pieces
from tests.fuzz.target import Target

RELEASES = ("stu3", "r4")
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"profile": ["http://x.test/p"]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Tola</p></div>'},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "N"}],
    "extension": [{"url": "urn:x", "valueDecimal": 1.1}],
    "active": True,
    "name": [{"family": "Adeyemi", "given": ["Tola", None], "_given": [None, {"id": "g"}]}],
    "birthDate": "1980-01-01",
    "_birthDate": {"id": "b"},
    "multipleBirthInteger": 2,
}
JSON = (
    "{", "}", "[", "]", ",", ":", '"resourceType"', '"Patient"', '"a"', "1", "-0", "1.10", "1e400", "1E-99999999",
    "01", "true", "null", "NaN", "-Infinity", "\\u0000", '"\\ud800"', '"\\udfff1"', " ", "\ufeff", "/* */",
)  # fmt: skip
XML = (
    '<Patient xmlns="http://hl7.org/fhir">', "</Patient>", '<id value="1"/>', '<active value="true"/>',
    "<contained>", "</contained>", '<Organization xmlns="http://hl7.org/fhir">', "</Organization>",
    '<extension url="urn:x">', "</extension>", '<text><status value="generated"/>',
    '<div xmlns="http://www.w3.org/1999/xhtml">', "</div></text>", "<name>", "</name>", '<given value="A" id="g"/>',
    '<valueDecimal value="1e9"/>', '<birthDate value="1970"><extension url="u"/></birthDate>', "<!DOCTYPE a>",
    "<?pi x?>", "<!-- x -->", "<![CDATA[x]]>", "&#0;", "&#x10FFFF;", '<?xml version="1.0" encoding="utf-7"?>',
    'xml:id="1"', 'xmlns:a="b"', '<a:Patient xmlns:a="http://hl7.org/fhir">', '<multipleBirthInteger value="9"/>',
    "text",
)  # fmt: skip
DATES = (
    "2026", "-03", "-10", "T12", ":30", ":60", ".123456789", "Z", "+01:00", "-14:00", "+14:01", "0000", "0001",
    "9999", "-12-31", "-02-29", "T23:59:59", " 01:00", "T24:00", "-",
)  # fmt: skip
ZONES = (UTC, ZoneInfo("Europe/London"))


def _json(data: bytes) -> Any:
    """What is read is written, and reads the same again; numbers keep their digits."""
    tree = parse(data)
    written = render(tree)
    again = parse(written.encode())
    assert again == tree
    assert render(again) == written
    assert json.loads(render(tree, indent=2), parse_int=str, parse_float=str) == json.loads(
        written, parse_int=str, parse_float=str
    )
    return tree


def _xml(data: bytes) -> str:
    """What is read and valid is written, and reads the same again."""
    kinds = []
    for release in RELEASES:
        try:
            resource = from_xml(release, data)
            check_structure(release, resource)
        except (InvalidResource, Unreadable, WrongMediaType) as refusal:
            kinds.append(type(refusal).__name__)
            continue
        again = from_xml(release, to_xml(release, resource))
        assert _comparable(again) == _comparable(resource), (again, resource)
        kinds.append("read")
    return " ".join(kinds)


def _comparable(node: Any, key: str = "") -> Any:
    """A resource without its narrative, in which blanks and namespaces may be written in another way."""
    if isinstance(node, dict):
        return {name: _comparable(value, name) for name, value in node.items() if name != "div"}
    return [_comparable(value) for value in node] if isinstance(node, list) else node


def _written(data: bytes) -> str:
    """A resource in JSON that is valid is written as XML, and reads the same again."""
    resource = parse(data)
    kinds = []
    for release in RELEASES:
        try:
            check_structure(release, resource)
            document = to_xml(release, resource)
        except (InvalidResource, NotAcceptable) as refusal:
            kinds.append(type(refusal).__name__)
            continue
        from_xml(release, document)
        kinds.append("written")
    return " ".join(kinds)


def _date(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    for zone in ZONES:
        low, high = range_of(text, zone)
        assert low <= high
    return range_of(text)


def _datum(data: bytes) -> object:
    """A value of any element that searches take for a date."""
    datum = parse(data)
    spans = [
        span for type_ in ("date", "instant", "Period", "Timing") for span in values(type_, datum, "r4").get("", ())
    ]
    assert all(span.low >= BEGINNING and span.high <= END for span in spans)
    return sorted(map(sort_key, spans))


TEXTS = st.sampled_from(("1980-01-01", "2026-03-10T12:00:00Z", "urn:x", "Patient/1", "<div/>", "1.10"))
KEYS = (
    "resourceType", "id", "extension", "url", "valueString", "contained", "name", "given", "_given", "text", "div",
    "event", "repeat", "boundsPeriod", "start", "end",
)  # fmt: skip
VALUES = json_values(KEYS, ("1980-01-01", "Patient", "<div/>", '<div xmlns="http://www.w3.org/1999/xhtml"><p/></div>'))
RESOURCES = changed(PATIENT, VALUES)

TARGETS: tuple[Target, ...] = (
    Target(
        name="fhir-json",
        run=_json,
        refusals=(Unreadable,),
        words=tuple(word.encode() for word in JSON),
        strategy=pieces(JSON) | as_json(VALUES) | as_json(RESOURCES),
    ),
    Target(
        name="fhir-xml",
        run=_xml,
        words=tuple(word.encode() for word in XML),
        strategy=pieces(XML, 30)
        | encoded(
            st.builds(lambda text: XML[0] + text + XML[1], pieces(XML, 20).map(lambda b: b.decode("utf-8", "replace")))
        ),
    ),
    Target(
        name="fhir-xml-written",
        run=_written,
        refusals=(Unreadable,),
        words=tuple(word.encode() for word in JSON),
        strategy=as_json(RESOURCES | VALUES),
    ),
    Target(
        name="fhir-date",
        run=_date,
        refusals=(ValueError,),
        words=tuple(word.encode() for word in DATES),
        strategy=pieces(DATES, 8),
    ),
    Target(
        name="fhir-datum",
        run=_datum,
        refusals=(Unreadable,),
        words=tuple(f'"{word}"'.encode() for word in DATES),
        strategy=as_json(json_values(KEYS, ("2026", "1980-01-01", "2026-03-10T12:00:00Z", "0001-01-01", "9999-12-31"))),
    ),
)
