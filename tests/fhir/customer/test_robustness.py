"""Whatever a Customer endpoint is sent, it answers as FHIR does: never a 500.

Source: https://hl7.org/fhir/R4/json.html , https://hl7.org/fhir/R4/xml.html , RFC 8259
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Unreadable
from sandbox.fhir.base.json import DEEPEST, WIDEST, parse, render
from sandbox.fhir.base.xml import from_xml, to_xml
from tests.fhir.customer.support import Endpoint
from tests.support import Client

MB = 1024 * 1024


def patient(members: str) -> bytes:
    return f'{{"resourceType":"Patient",{members}}}'.encode()


def nested(levels: int) -> str:
    """Extensions within extensions: two levels of JSON each."""
    return '"extension":[{"url":"urn:x",' * levels + '"extension":[{"url":"urn:y","valueCode":"z"}]' + "}]" * levels


BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "spaces": (b"  \n", 400),
    "not JSON": (b"{", 400),
    "not JSON at all": (b"hello", 400),
    "more behind it": (b'{"resourceType":"Patient"} x', 400),
    "a comment": (b'{"resourceType":"Patient" /* x */}', 400),
    "a trailing comma": (b'{"resourceType":"Patient",}', 400),
    "single quotes": (b"{'resourceType':'Patient'}", 400),
    "a byte order mark twice": (b'\xef\xbb\xbf\xef\xbb\xbf{"resourceType":"Patient"}', 400),
    "UTF-16": ('{"resourceType":"Patient"}'.encode("utf-16"), 400),
    "Latin-1": (patient('"name":[{"family":"Bront\u00eb"}]').decode().encode("latin-1"), 400),
    "overlong UTF-8": (b'{"resourceType":"Patient","id":"\xc0\xaf"}', 400),
    "a raw surrogate": (b'{"resourceType":"Patient","id":"\xed\xa0\x80"}', 400),
    "half a surrogate pair": (patient('"name":[{"family":"\\ud800"}]'), 400),
    "half a surrogate pair as a key": (patient('"\\udfff":1'), 400),
    "a key twice": (patient('"active":true,"active":false'), 400),
    "a key twice, deep inside": (patient('"name":[{"family":"a","family":"b"}]'), 400),
    "NaN": (patient('"multipleBirthInteger":NaN'), 400),
    "Infinity": (patient('"multipleBirthInteger":-Infinity'), 400),
    "a number with a leading zero": (patient('"multipleBirthInteger":01'), 400),
    "a number with a plus": (patient('"multipleBirthInteger":+1'), 400),
    "an exponent beyond all bounds": (patient('"multipleBirthInteger":1e9999999999999999999999'), 400),
    "too deep": (patient(nested(60)), 400),
    "far too deep": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "lists far too deep": (b"[" * 100_000, 400),
    "too wide": (patient('"name":[' + ",".join(["{}"] * (WIDEST + 1)) + "]"), 400),
    "a list": (b"[]", 422),
    "a text": (b'"Patient"', 422),
    "a number": (b"1", 422),
    "null": (b"null", 422),
    "no type": (b"{}", 422),
    "a type that is a list": (b'{"resourceType":["Patient"]}', 422),
    "a type that there is not": (b'{"resourceType":"Frobnication"}', 422),
    "a type that is abstract": (b'{"resourceType":"DomainResource"}', 422),
    "another type": (b'{"resourceType":"Person"}', 422),
    "null for an element": (patient('"active":null'), 422),
    "nothing in a list": (patient('"name":[]'), 422),
    "nothing in an object": (patient('"name":[{}]'), 422),
    "null in a list": (patient('"name":[null]'), 422),
    "a list in a list": (patient('"name":[[{"family":"x"}]]'), 422),
    "an empty text": (patient('"gender":""'), 422),
    "a text for a boolean": (patient('"active":"true"'), 422),
    "a number for a boolean": (patient('"active":1'), 422),
    "a text for a number": (patient('"multipleBirthInteger":"1"'), 422),
    "a boolean for a number": (patient('"multipleBirthInteger":true'), 422),
    "a decimal for an integer": (patient('"multipleBirthInteger":1.0'), 422),
    "an integer beyond its bounds": (patient('"multipleBirthInteger":2147483648'), 422),
    "an integer of ten thousand digits": (patient('"multipleBirthInteger":' + "9" * 10_000), 422),
    "a number for a text": (patient('"gender":1'), 422),
    "a date that is none": (patient('"birthDate":"2021-02-29"'), 422),
    "a time without an offset": (patient('"deceasedDateTime":"2021-02-03T10:00:00"'), 422),
    "two of a choice": (patient('"deceasedBoolean":true,"deceasedDateTime":"2021"'), 422),
    "an element that there is not": (patient('"shoeSize":9'), 422),
    "meta that is a text": (patient('"meta":"x"'), 422),
    "a list of meta": (patient('"meta":[{}]'), 422),
    "a contained resource that is none": (patient('"contained":[{"id":"x"}]'), 422),
    "a contained text": (patient('"contained":["x"]'), 422),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_bad_body_gets_an_outcome(pkb: Client, body: bytes, status: int):
    feed = Endpoint(pkb)
    for method, path in (("POST", "/Patient"), ("PUT", "/Patient/a")):
        response = feed.ask(method, path, body)
        assert response.status_code == status, response.text[:500]
        assert response.json()["resourceType"] == "OperationOutcome"
        assert all(issue["severity"] == "fatal" for issue in response.json()["issue"])
    assert feed.get("/Patient/_history")["total"] == 0


@pytest.mark.parametrize("id_", ['"a b"', '"' + "a" * 65 + '"', "7", "true", '["a"]', "null", '""'])
def test_an_invalid_id_is_refused(pkb: Client, id_: str):
    response = Endpoint(pkb).ask("POST", "/Patient", patient(f'"id":{id_}'))
    assert response.status_code == 422
    assert response.json()["issue"][0]["expression"] == ["Patient.id"]
    assert Endpoint(pkb).ask("PUT", "/Patient/a", patient(f'"id":{id_}')).status_code == 400


@pytest.mark.parametrize("body", [body for body, status in BODIES.values() if status == 400])
def test_a_bad_body_is_neither_a_bundle_nor_a_patch(pkb: Client, body: bytes):
    feed = Endpoint(pkb)
    feed.put({"resourceType": "Patient", "id": "a"})
    assert feed.ask("POST", "", body).status_code == 400
    assert feed.ask("PATCH", "/Patient/a", body).status_code == 400


def test_every_issue_is_named_up_to_a_bound(pkb: Client):
    names = ",".join(f'"x{number}":1' for number in range(1000))
    issues = Endpoint(pkb).ask("POST", "/Patient", patient(names)).json()["issue"]
    assert len(issues) == 50
    assert issues[0] == {
        "severity": "fatal",
        "code": "invalid",
        "expression": ["Patient.x0"],
        "diagnostics": "extra property",
    }


def test_a_body_over_the_limit_is_413(pkb: Client):
    response = Endpoint(pkb).ask("POST", "/Patient", b" " * (20 * MB + 1))
    assert response.status_code == 413
    assert response.json()["issue"][0]["code"] == "too-long"


def test_a_body_of_nineteen_megabytes_is_stored(pkb: Client):
    feed = Endpoint(pkb)
    data = "QUJD" * (19 * MB // 4)
    response = feed.ask("PUT", "/Binary/b", {"resourceType": "Binary", "contentType": "text/plain", "data": data})
    assert response.status_code == 201
    assert feed.get("/Binary/b", Accept="application/fhir+json")["data"] == data


XML = '<Patient xmlns="http://hl7.org/fhir">{}</Patient>'
BOMB = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
DOCUMENTS: dict[str, tuple[str, int]] = {
    "nothing": ("", 400),
    "not XML": ("<Patient", 400),
    "two roots": (XML.format("") * 2, 400),
    "another namespace": ('<Patient xmlns="urn:x"/>', 400),
    "no namespace": ("<Patient/>", 400),
    "no resource": ('<HumanName xmlns="http://hl7.org/fhir"/>', 400),
    "a document type": ("<!DOCTYPE Patient>" + XML.format(""), 400),
    "an entity from elsewhere": (
        '<!DOCTYPE Patient [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + XML.format('<gender value="&x;"/>'),
        400,
    ),
    "an entity bomb": (f'<!DOCTYPE Patient [<!ENTITY a0 "x">{BOMB}]>' + XML.format('<gender value="&a9;"/>'), 400),
    "an unknown entity": (XML.format('<gender value="&x;"/>'), 400),
    "text between elements": (XML.format("hello"), 400),
    "too deep": (XML.format("<extension>" * 300 + "</extension>" * 300), 400),
    "two resources in one contained": (XML.format("<contained><Basic/><Basic/></contained>"), 400),
    "an element that there is not": (XML.format('<shoeSize value="9"/>'), 422),
    "an attribute that there is not": (XML.format('<gender value="male" size="9"/>'), 422),
    "a boolean that is none": (XML.format('<active value="yes"/>'), 422),
    "an integer that is none": (XML.format('<multipleBirthInteger value="1.5"/>'), 422),
    "an element twice": (XML.format('<gender value="male"/><gender value="female"/>'), 422),
    "an empty element": (XML.format("<gender/>"), 422),
}


@pytest.mark.parametrize(("document", "status"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_bad_xml_gets_an_outcome(pkb: Client, document: str, status: int):
    response = Endpoint(pkb).ask("POST", "/Patient", document.encode(), Content_Type="application/fhir+xml")
    assert response.status_code == status, response.text
    assert response.json()["resourceType"] == "OperationOutcome"


def test_an_outcome_is_xml_for_who_reads_xml(pkb: Client):
    response = Endpoint(pkb).ask("GET", "/Patient/nobody", Accept="application/fhir+xml")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/fhir+xml;charset=utf-8"
    assert b'<diagnostics value="Resource Patient/nobody not found"' in response.content


TYPES: dict[str, tuple[str, int]] = {
    "JSON of R4": ("application/fhir+json", 201),
    "JSON of STU3": ("application/json+fhir", 201),
    "JSON with a release": ("application/fhir+json;fhirVersion=4.0", 201),
    "JSON with a charset": ("application/json; charset=UTF-8", 201),
    "text": ("text/plain", 415),
    "a form": ("application/x-www-form-urlencoded", 415),
    "anything": ("*/*", 415),
    "nonsense": ("nonsense", 415),
}


@pytest.mark.parametrize(("media_type", "status"), TYPES.values(), ids=TYPES)
def test_the_media_type_of_a_body_decides_whether_it_is_read(pkb: Client, media_type: str, status: int):
    response = Endpoint(pkb).ask("POST", "/Patient", {"resourceType": "Patient"}, Content_Type=media_type)
    assert response.status_code == status


ACCEPT: dict[str, tuple[str, str | None]] = {
    "anything": ("*/*", "json"),
    "JSON": ("application/json", "json"),
    "JSON of STU3": ("application/json+fhir", "json"),
    "a list of a HAPI client": (
        "application/fhir+xml;q=0.8, application/fhir+json;q=1.0, application/xml+fhir;q=0.7, application/json+fhir",
        "json",
    ),
    "XML first": ("application/fhir+json;q=0.5, application/fhir+xml", "xml"),
    "XML of STU3": ("application/xml+fhir", "xml"),
    "with a release": ("application/fhir+json;fhirVersion=4.0", "json"),
    "a browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "xml"),
    "nothing that there is": ("text/csv", None),
    "nothing at all": ("application/fhir+json;q=0", None),
    "an odd weight": ("application/fhir+json;q=x", None),
}


@pytest.mark.parametrize(("accept", "format_"), ACCEPT.values(), ids=ACCEPT)
def test_the_type_of_an_answer(pkb: Client, accept: str, format_: str | None):
    feed = Endpoint(pkb)
    feed.put({"resourceType": "Patient", "id": "a"})
    response = feed.ask("GET", "/Patient/a", Accept=accept)
    assert response.status_code == (200 if format_ else 406)
    if format_:
        generic = f"application/{format_}" in {part.split(";")[0].strip() for part in accept.split(",")}
        assert response.headers["content-type"] == f"application/{'' if generic else 'fhir+'}{format_};charset=utf-8"


@pytest.mark.parametrize(
    ("parameter", "format_"),
    [("json", "json"), ("xml", "xml"), ("application/fhir+xml", "xml"), ("application/fhir%2Bjson", "json")],
)
def test_the_parameter_wins_over_the_header(pkb: Client, parameter: str, format_: str):
    feed = Endpoint(pkb)
    feed.put({"resourceType": "Patient", "id": "a"})
    response = feed.ask("GET", f"/Patient/a?_format={parameter}", Accept="text/csv")
    assert response.headers["content-type"] == f"application/fhir+{format_};charset=utf-8"


def test_a_request_without_an_acceptable_format_changes_nothing(pkb: Client):
    feed = Endpoint(pkb)
    assert feed.ask("PUT", "/Patient/a", {"resourceType": "Patient"}, Accept="text/csv").status_code == 406
    assert feed.ask("GET", "/Patient/a").status_code == 404


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t\n\r\x7f"), min_size=1, max_size=40
)


@given(number=NUMBERS)
def test_any_number_comes_back_as_it_was_sent(number: str):
    body = f'{{"value":{number},"list":[{number},1,true,"x"]}}'
    assert render(parse(body.encode())) == body


@settings(max_examples=40)
@given(number=NUMBERS)
def test_any_number_is_stored_as_it_was_sent(pkb: Client, number: str):
    feed = Endpoint(pkb)
    extension = f'{{"url":"urn:n","valueDecimal":{number}}}'
    resource = f'{{"resourceType":"Basic","id":"n","code":{{"text":"x"}},"extension":[{extension}]}}'
    response = feed.ask("PUT", "/Basic/n", resource.encode())
    assert response.status_code in (200, 201), response.text
    assert f'"valueDecimal":{number}}}' in feed.ask("GET", "/Basic/n").text
    xml = feed.ask("GET", "/Basic/n", Accept="application/fhir+xml")
    assert f'<valueDecimal value="{number}" />' in xml.text
    again = feed.ask("PUT", "/Basic/n", xml.content, Content_Type="application/fhir+xml")
    assert again.json()["meta"]["versionId"] == response.json()["meta"]["versionId"]


@settings(max_examples=40)
@given(text=TEXTS)
def test_any_text_is_stored_as_it_was_sent(pkb: Client, text: str):
    feed = Endpoint(pkb)
    for content in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        body = f'{{"resourceType":"Basic","id":"t","code":{{"text":{content}}}}}'.encode()
        assert feed.ask("PUT", "/Basic/t", body).status_code in (200, 201)
        assert feed.get("/Basic/t")["code"]["text"] == text
    assert feed.ask("GET", "/Basic/t", Accept="application/fhir+xml").status_code in (200, 406)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(tree=TREES)
def test_any_tree_is_read_and_written_as_the_standard_library_does(tree: Any):
    body = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    assert render(parse(body.encode())) == body


@settings(max_examples=100)
@given(members=st.dictionaries(st.sampled_from(["name", "gender", "meta", "contact", "_gender", "id", "text"]), TREES))
def test_any_members_get_an_answer(pkb: Client, members: dict[str, Any]):
    response = Endpoint(pkb).ask("PUT", "/Patient/a", {"resourceType": "Patient", **members})
    assert response.status_code in (200, 201, 400, 422)


@given(body=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes):
    for read in (parse, lambda content: from_xml("r4", content)):
        with suppress(Unreadable):
            read(body)


SEGMENTS = st.sampled_from(["Patient", "a", "_history", "_search", "$x", "metadata", "%00", "..", "", "Ä", "101"])
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])


@settings(max_examples=150)
@given(method=METHODS, segments=st.lists(SEGMENTS, max_size=5), query=st.text("abc_=&%:.|$,1 ", max_size=20))
def test_any_address_gets_an_answer(pkb: Client, method: str, segments: list[str], query: str):
    path = "".join(f"/{quote(segment, safe='$%')}" for segment in segments)
    response = Endpoint(pkb).ask(method, f"{path}?{quote(query, safe='=&%:')}", None)
    assert response.status_code < 500, response.text
    if method != "HEAD" and response.content and response.status_code != 404:
        assert response.json()["resourceType"]


def test_the_bounds_are_those_of_the_documentation():
    assert (DEEPEST, WIDEST) == (100, 100_000)
    with pytest.raises(Unreadable):
        parse(b"[" * 102 + b"]" * 102)
    assert parse(b"[" * 101 + b"]" * 101)


def test_xml_of_every_shape_comes_back():
    resource = parse(
        b'{"resourceType":"Patient","id":"x","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">'
        b'<p>a &amp; <b>b</b> c</p></div>"},"contained":[{"resourceType":"Organization","id":"o","name":"N"}],'
        b'"extension":[{"id":"e","url":"urn:x","valueDecimal":1.10}],"active":true,'
        b'"name":[{"family":"X","given":["A",null,"C"],"_given":[null,{"extension":[{"url":"urn:g","valueCode":"h"}]},{"id":"g3"}]}],'
        b'"birthDate":"1970","_birthDate":{"id":"b","extension":[{"url":"urn:t","valueDateTime":"1970-01-01T10:00:00Z"}]},'
        b'"multipleBirthInteger":2,"_gender":{"extension":[{"url":"urn:g","valueCode":"h"}]}}'
    )
    again = from_xml("r4", to_xml("r4", resource))
    assert {**again} == {**resource}
    assert render(from_xml("r4", to_xml("r4", resource, pretty=True))["extension"]) == render(resource["extension"])
