"""FHIR's rules for HTTP, as tables: criteria, preferences, media types, addresses of versions, patches, Binary.

https://hl7.org/fhir/R4/http.html and https://hl7.org/fhir/R4/binary.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
ADA: Json = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:northmoor", "value": "5510"}],
    "name": [{"family": "Okafor"}],
}
WHO = "identifier=urn:northmoor%7C5510"


@pytest.fixture(params=["stu3", "r4"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, f"northmoor-{request.param}")


# Conditional create: https://hl7.org/fhir/R4/http.html#ccreate

CRITERIA = {
    "a query": WHO,
    "a question mark": f"?{WHO}",
    "the type": f"Patient?{WHO}",
    "a slash and the type": f"/Patient?{WHO}",
    "the address of the endpoint": f"{{base}}/Patient?{WHO}",
    "the address of another server": f"https://pas.northmoor.test/fhir/Patient?{WHO}",
    "the address of the base": f"{{base}}?{WHO}",
    "a question mark in a value": f"Patient?{WHO}&_profile:missing=true&name=Okafor",
}
NO_CRITERIA = {
    "another type": f"Person?{WHO}",
    "another type at an address": f"{{base}}/Person?{WHO}",
    "nothing": "",
    "a type alone": "Patient?",
    "how it is shown": "_format=json",
    "an unknown parameter": "shoe-size=9",
}


def created(feed: Endpoint, form: str, criteria: str) -> tuple[int, Json]:
    """A conditional create by header, or as an entry: its status and the resource or outcome."""
    criteria = criteria.replace("{base}", f"{feed.pkb.server.base_url}{feed.path}")
    if form == "header":
        response = feed.ask("POST", "/Patient", ADA, If_None_Exist=criteria)
        return response.status_code, response.json()
    request = {"method": "POST", "url": "Patient", "ifNoneExist": criteria}
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": ADA, "request": request}]}
    (entry,) = feed.ask("POST", "", bundle).json()["entry"]
    return int(entry["response"]["status"]), entry.get("resource") or entry["response"]["outcome"]


@pytest.mark.parametrize("form", ["header", "entry"])
@pytest.mark.parametrize("criteria", CRITERIA.values(), ids=CRITERIA)
def test_a_conditional_create_takes_a_query_with_or_without_its_address(feed: Endpoint, form: str, criteria: str):
    first = created(feed, form, criteria)
    assert first[0] == 201
    assert created(feed, form, criteria) == (200, first[1])
    assert feed.get("/Patient")["total"] == 1


@pytest.mark.parametrize("form", ["header", "entry"])
@pytest.mark.parametrize("criteria", NO_CRITERIA.values(), ids=NO_CRITERIA)
def test_a_conditional_create_without_criteria_for_its_type_is_refused(feed: Endpoint, form: str, criteria: str):
    status, outcome = created(feed, form, criteria)
    assert (status, outcome["issue"][0]["code"]) == (400, "invalid")
    assert feed.get("/Patient")["total"] == 0


# Addresses of versions: https://hl7.org/fhir/R4/http.html#create , #update , #patch


def test_every_write_names_its_version(feed: Endpoint):
    first = feed.ask("POST", "/Patient", ADA, If_None_Exist=WHO)
    path = f"/Patient/{first.json()['id']}"
    answers = [
        first,
        feed.ask("POST", "/Patient", ADA, If_None_Exist=WHO),
        feed.ask("PUT", path, {**first.json(), "gender": "female"}),
        feed.ask("PUT", path, {**first.json(), "gender": "female"}, Prefer="return=minimal"),
        feed.ask("PUT", f"/Patient?{WHO}", {**ADA, "gender": "male"}),
        feed.ask("PATCH", path, {"active": True}),
        feed.ask("PATCH", path, {"active": True}, Prefer="return=OperationOutcome"),
        feed.ask("PUT", "/Patient/new", {**ADA, "id": "new"}),
        feed.ask("POST", "/Patient", {"resourceType": "Patient"}),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200, 200, 201, 201]
    for answer in answers:
        address = answer.headers["content-location"]
        assert address.startswith(f"{feed.pkb.server.base_url}{feed.path}/Patient/")
        read = feed.ask("GET", address.removeprefix(f"{feed.pkb.server.base_url}{feed.path}"))
        assert read.status_code == 200
        assert f'W/"{read.json()["meta"]["versionId"]}"' == answer.headers["etag"]
        assert answer.headers.get("location") == (address if answer.status_code == 201 else None)


def test_a_request_without_a_write_names_no_version(feed: Endpoint):
    feed.put({**ADA, "id": "p"})
    for method, path in (("GET", "/Patient/p"), ("GET", "/Patient"), ("DELETE", "/Patient/p")):
        assert "content-location" not in feed.ask(method, path).headers


# Preferences: https://hl7.org/fhir/R4/http.html#ops , RFC 7240 section 2

PREFERENCES = {
    "return=minimal": "minimal",
    'return="minimal"': "minimal",
    "Return=Minimal": "minimal",
    "return = minimal": "minimal",
    "respond-async, return=minimal": "minimal",
    "return=minimal; handling=strict": "minimal",
    'wait=5, x="a, return=representation", return=minimal': "minimal",
    "return=representation, return=minimal": "representation",
    'return="OperationOutcome"': "outcome",
    "return=operationoutcome": "outcome",
    "return=everything": "representation",
    'return="': "representation",
    ",;=,": "representation",
    "": "representation",
}


def test_a_preference_is_a_token_or_quoted(feed: Endpoint):
    for header, expected in PREFERENCES.items():
        response = feed.ask("PUT", "/Patient/p", {**ADA, "id": "p"}, Prefer=header)
        assert response.status_code in (200, 201), header
        kind = response.json()["resourceType"] if response.content else ""
        assert {"": "minimal", "Patient": "representation", "OperationOutcome": "outcome"}[kind] == expected, header


@pytest.mark.parametrize("header", ["handling=strict", 'handling="strict"', "return=minimal, Handling=STRICT"])
def test_strict_handling_may_be_quoted(feed: Endpoint, header: str):
    assert feed.ask("GET", "/Patient?shoe-size=9", Prefer=header).status_code == 400
    assert (
        feed.ask("GET", "/Patient?shoe-size=9", Prefer=header.lower().replace("strict", "lenient")).status_code == 200
    )


# Times in addresses: a plus sign that is not encoded


@pytest.mark.parametrize(
    "path", ["/Patient/p/_history?_since={}", "/Patient/_history?_since={}", "/Patient?_lastUpdated=gt{}"]
)
def test_an_offset_may_come_with_a_bare_plus_sign(feed: Endpoint, path: str):
    feed.put({**ADA, "id": "p"})
    for plus in ("+", "%2B"):
        assert feed.get(path.format(f"2020-01-01T00:00:00{plus}01:00"))["total"] == 1
        assert feed.get(path.format(f"2999-01-01T00:00:00{plus}01:00"))["total"] == 0


# Media types: https://hl7.org/fhir/R4/http.html#mime-type

ACCEPTED = {
    "application/json": "application/json",
    "application/json;q=0.5, application/fhir+json;q=0.1": "application/json",
    "application/fhir+json, application/json;q=0.5": "application/fhir+json",
    "application/xml": "application/xml",
    "*/*": "application/fhir+json",
    "application/fhir+xml": "application/fhir+xml",
}


@pytest.mark.parametrize("path", ["/Patient/p", "/Patient", "/Patient/_history", "/Patient/nobody", "/metadata"])
def test_an_answer_has_the_type_that_was_asked_for(feed: Endpoint, path: str):
    feed.put({**ADA, "id": "p"})
    for accept, media_type in ACCEPTED.items():
        response = feed.ask("GET", path, Accept=accept)
        assert response.headers["content-type"] == f"{media_type};charset=utf-8", accept


def test_a_format_is_answered_under_fhirs_name(feed: Endpoint):
    response = feed.ask("GET", "/metadata?_format=application/json", Accept="application/json")
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"


# Patches: https://hl7.org/fhir/R4/http.html#patch

LIST, OBJECT = [{"op": "add", "path": "/active", "value": True}], {"active": True}
PARAMETERS = {"resourceType": "Parameters", "parameter": [{"name": "operation"}]}
PATCHES: dict[str, tuple[str, Any, int, str]] = {
    "JSON Patch": ("application/json-patch+json", LIST, 200, ""),
    "JSON Patch with a charset": ("application/json-patch+json; charset=utf-8", LIST, 200, ""),
    "JSON Patch that is none": (
        "application/json-patch+json",
        OBJECT,
        400,
        "A JSON Patch must be a list of operations",
    ),
    "merge patch": ("application/merge-patch+json", OBJECT, 200, ""),
    "merge patch that is none": ("application/merge-patch+json", LIST, 400, "A merge patch must be a JSON object"),
    "JSON with a list": ("application/json", LIST, 200, ""),
    "JSON with an object": ("application/json", OBJECT, 200, ""),
    "XML Patch": ("application/xml-patch+xml", "<diff/>", 415, "XML Patch is not supported"),
    "FHIRPath Patch": ("application/fhir+json", PARAMETERS, 415, "FHIRPath Patch is not supported"),
    "FHIRPath Patch in XML": ("application/fhir+xml", "<Parameters/>", 415, "FHIRPath Patch is not supported"),
    "FHIRPath Patch as plain JSON": ("application/json", PARAMETERS, 415, "FHIRPath Patch is not supported"),
    "text": ("text/plain", "active", 415, "text/plain is not supported"),
}


@pytest.mark.parametrize("kind", PATCHES)
def test_a_patch_goes_by_its_media_type(feed: Endpoint, kind: str):
    media_type, document, status, word = PATCHES[kind]
    feed.put({**ADA, "id": "p"})
    body = document.encode() if isinstance(document, str) else document
    response = feed.ask("PATCH", "/Patient/p", body, Content_Type=media_type)
    assert response.status_code == status, response.text
    if status == 200:
        assert response.json()["active"] is True
    else:
        assert response.json()["issue"][0]["diagnostics"].startswith(word)
    accepted = "application/json-patch+json, application/merge-patch+json"
    assert response.headers.get("accept-patch") == (accepted if status == 415 else None)


def test_a_fhirpath_patch_in_a_bundle_is_named(feed: Endpoint):
    feed.put({**ADA, "id": "p"})
    entry = {"resource": PARAMETERS, "request": {"method": "PATCH", "url": "Patient/p"}}
    answer = feed.ask("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": [entry]}).json()
    assert answer["entry"][0]["response"]["status"] == "415"
    assert "FHIRPath Patch is not supported" in json.dumps(answer)


# Binary: https://hl7.org/fhir/R4/binary.html#rest

PDF = b"%PDF-1.7 \x00\xff letter"
AS_RESOURCE = (
    "application/fhir+json",
    "application/json+fhir",
    "application/fhir+json, */*;q=0.1",
    "application/fhir+json, application/pdf;q=0.5",
    "application/json",
)
AS_CONTENT = (
    "application/pdf",
    "*/*",
    "",
    "application/pdf, application/fhir+json;q=0.5",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/json, text/plain, */*",
    "image/png",
)


def content_of(feed: Endpoint, binary: Json) -> bytes:
    return base64.b64decode(binary["content" if "stu3" in feed.name else "data"])


@pytest.mark.parametrize(("method", "path"), [("POST", "/Binary"), ("PUT", "/Binary/b")])
def test_a_binary_is_written_and_read_in_its_own_media_type(feed: Endpoint, method: str, path: str):
    written = feed.ask(method, path, PDF, Content_Type="application/pdf", X_Security_Context="Patient/p")
    assert written.status_code == 201, written.text
    stored = written.json()
    assert (stored["contentType"], content_of(feed, stored)) == ("application/pdf", PDF)
    assert stored["securityContext"] == {"reference": "Patient/p"}
    for address in (f"/Binary/{stored['id']}", f"/Binary/{stored['id']}/_history/{stored['meta']['versionId']}"):
        for accept in AS_CONTENT:
            read = feed.ask("GET", address, Accept=accept)
            assert (read.status_code, read.content) == (200, PDF), accept
            assert read.headers["content-type"] == "application/pdf"
            assert read.headers["etag"] == written.headers["etag"]
            assert read.headers["x-security-context"] == "Patient/p"
        for accept in AS_RESOURCE:
            assert feed.ask("GET", address, Accept=accept).json() == stored, accept
        assert feed.ask("GET", f"{address}?_format=json", Accept="application/pdf").json() == stored
        assert feed.ask("GET", f"{address}?_format=xml").content.startswith(b"<?xml")


def test_a_binary_that_is_sent_as_a_resource_is_one(feed: Endpoint):
    element = "content" if "stu3" in feed.name else "data"
    binary = {"resourceType": "Binary", "contentType": "text/plain", element: base64.b64encode(b"hello").decode()}
    stored = feed.ask("POST", "/Binary", binary)
    assert stored.status_code == 201
    read = feed.ask("GET", f"/Binary/{stored.json()['id']}", Accept="text/plain")
    assert (read.content, read.headers["content-type"]) == (b"hello", "text/plain")


BODIES = {
    "JSON of its own": ("application/json", b'{"a": 1}'),
    "no JSON": ("application/json", b"{"),
    "XML of its own": ("application/xml", b"<a/>"),
    "another resource": ("application/fhir+json", b'{"resourceType": "Patient"}'),
    "text with a charset": ("text/plain; charset=iso-8859-1", b"\xe9"),
}


@pytest.mark.parametrize(("media_type", "body"), BODIES.values(), ids=BODIES)
def test_any_other_body_is_the_content_of_a_binary(feed: Endpoint, media_type: str, body: bytes):
    stored = feed.ask("POST", "/Binary", body, Content_Type=media_type)
    assert stored.status_code == 201, stored.text
    assert (stored.json()["contentType"], content_of(feed, stored.json())) == (media_type, body)
    read = feed.ask("GET", f"/Binary/{stored.json()['id']}", Accept="*/*")
    assert (read.content, read.headers["content-type"]) == (body, media_type)


def test_a_body_that_says_it_is_a_resource_and_is_not_readable_is_refused(feed: Endpoint):
    assert feed.ask("POST", "/Binary", b"{", Content_Type="application/fhir+json").status_code == 400


def test_a_stored_page_cannot_act_and_a_stored_type_cannot_break_out_of_its_header(feed: Endpoint):
    page = feed.ask("PUT", "/Binary/page", b"<script>1</script>", Content_Type="text/html")
    assert page.status_code == 201
    read = feed.ask("GET", "/Binary/page", Accept="*/*")
    assert read.headers["content-security-policy"] == "sandbox"
    assert read.headers["x-content-type-options"] == "nosniff"
    feed.put({"resourceType": "Binary", "id": "odd", "contentType": "text/plain\nX-Odd: 1", **empty(feed)})
    read = feed.ask("GET", "/Binary/odd", Accept="*/*")
    assert read.headers["content-type"] == "application/octet-stream"
    assert "x-odd" not in read.headers


def empty(feed: Endpoint) -> Json:
    return {"content" if "stu3" in feed.name else "data": "eA=="}


def test_a_binary_is_read_under_conditions_and_found(feed: Endpoint):
    stored = feed.ask("POST", "/Binary", PDF, Content_Type="application/pdf")
    path = f"/Binary/{stored.json()['id']}"
    assert feed.ask("GET", path, If_None_Match=stored.headers["etag"]).status_code == 304
    assert feed.get("/Binary?contenttype=application/pdf")["total"] == 1
    assert feed.ask("DELETE", path).status_code == 200
    assert feed.ask("GET", path, Accept="*/*").status_code == 410
