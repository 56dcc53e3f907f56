"""The entries of a Bundle as requests, pages of histories, and what a stored resource keeps; without a server."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.errors import Invalid, SandboxError
from sandbox.fhir.base.json import parse
from sandbox.fhir.base.validation import InvalidResource
from sandbox.fhir.resources import bundles, meta
from sandbox.fhir.resources.entries import entry_of, kind_of
from sandbox.fhir.resources.patches import DEFAULT_LIMITS
from sandbox.fhir.resources.query import if_none_exist
from sandbox.fhir.resources.requirements import MOST, unmet_requirements

Json = dict[str, Any]
MOUNTS = ("http://a.test/fhir", "/fhir")
PATIENT = {"resourceType": "Patient", "id": "1"}


@pytest.mark.parametrize("kind", ["batch", "transaction", "collection"])
def test_a_bundle_of_requests_has_one_of_three_kinds(kind: str):
    assert kind_of({"resourceType": "Bundle", "type": kind}) == kind
    assert kind_of({"resourceType": "Bundle", "type": kind, "entry": []}) == kind


@pytest.mark.parametrize(
    ("bundle", "where"),
    [
        (None, "resourceType"),
        ([], "resourceType"),
        ({"resourceType": "Patient", "type": "batch"}, "resourceType"),
        ({"resourceType": "Bundle", "type": "history"}, "Bundle.type"),
        ({"resourceType": "Bundle"}, "Bundle.type"),
        ({"resourceType": "Bundle", "type": "batch", "entry": {}}, "Bundle.entry"),
    ],
)
def test_another_bundle_is_refused(bundle: Any, where: str):
    with pytest.raises(InvalidResource) as refused:
        kind_of(bundle)
    assert refused.value.issues[0].expression == where


CODES: list[tuple[str, str, str, str, str, str]] = [
    ("GET", "Patient/1", "read", "Patient", "1", ""),
    ("HEAD", "Patient/1", "read", "Patient", "1", ""),
    ("GET", "/Patient/1", "read", "Patient", "1", ""),
    ("GET", "http://a.test/fhir/Patient/1/", "read", "Patient", "1", ""),
    ("GET", "/fhir/Patient?name=x", "search-type", "Patient", "", ""),
    ("GET", "Patient/1/_history", "history-instance", "Patient", "1", ""),
    ("GET", "Patient/_history", "history-type", "Patient", "", ""),
    ("GET", "Patient/1/_history/2", "vread", "Patient", "1", "2"),
    ("POST", "Patient/_search?name=x", "search-type", "Patient", "", ""),
    ("POST", "Patient", "create", "Patient", "", ""),
    ("PUT", "Patient/1", "update", "Patient", "1", ""),
    ("DELETE", "Patient/1", "delete", "Patient", "1", ""),
]


@pytest.mark.parametrize(("method", "url", "code", "type_", "id_", "version"), CODES)
def test_an_entry_is_the_request_of_its_method_and_address(
    method: str, url: str, code: str, type_: str, id_: str, version: str
):
    entry = entry_of("batch", 3, {"request": {"method": method, "url": url}, "resource": PATIENT, "fullUrl": 1},
                     MOUNTS, DEFAULT_LIMITS)  # fmt: skip
    request = entry.request
    assert (entry.number, entry.where, entry.code, entry.full_url, entry.base) == (3, "Bundle.entry[3]", code, "", "")
    assert (request.method, request.type, request.id, request.version) == (method, type_, id_, version)
    assert entry.resource == (PATIENT if code in ("create", "update") else None)
    assert request.query == request.criteria == ((("name", "x"),) if "?" in url else ())
    assert request.patch is None


def test_an_entry_has_the_conditions_of_its_request():
    request = {"method": "PUT", "url": "Patient?a=b&_format=json", "ifMatch": 'W/"2"', "ifNoneMatch": "*",
               "ifModifiedSince": "2026-01-01T00:00:00Z", "ifNoneExist": "c=d"}  # fmt: skip
    entry = entry_of("batch", 0, {"request": request, "fullUrl": "http://a.test/x/Patient/1"}, (), DEFAULT_LIMITS)
    conditions = entry.request.preconditions
    assert conditions.match.versions == {"2"}
    assert conditions.none_match.anything
    assert conditions.modified_since == datetime(2026, 1, 1, tzinfo=UTC)
    assert entry.request.criteria == (("a", "b"),), "only a create has a condition of its own"
    assert entry.base == "http://a.test/x/"
    create = {"method": "POST", "url": "Patient", "ifNoneExist": "c=d", "ifModifiedSince": "x"}
    created = entry_of("batch", 0, {"request": create}, (), DEFAULT_LIMITS).request
    assert (created.criteria, created.preconditions.modified_since) == ((("c", "d"),), None)


def test_an_entry_of_a_collection_is_an_update():
    entry = entry_of("collection", 0, {"resource": PATIENT, "request": {"method": "GET", "url": "x"}}, (),
                     DEFAULT_LIMITS)  # fmt: skip
    assert (entry.code, entry.request.type, entry.request.id, entry.resource) == ("update", "Patient", "1", PATIENT)


def patch(data: Any, **more: Any) -> Json:
    resource = {"resourceType": "Binary", "contentType": "application/json-patch+json", **more}
    if data is not None:
        resource["data"] = data
    return {"request": {"method": "PATCH", "url": "Patient/1"}, "resource": resource}


def test_a_patch_is_the_data_of_a_binary():
    document = base64.b64encode(b'[{"op": "add", "path": "/a", "value": 1}]').decode()
    for entry in (patch(document), patch(None, content=document)):
        change = entry_of("batch", 0, entry, (), DEFAULT_LIMITS).request.patch
        assert change is not None
        assert change({}) == {"a": 1}


REFUSED: dict[str, tuple[str, Any, type[SandboxError]]] = {
    "no object": ("batch", "x", InvalidResource),
    "no request": ("batch", {}, InvalidResource),
    "a request that is no object": ("batch", {"request": "x"}, InvalidResource),
    "a number": ("batch", {"request": {"method": "GET", "url": 1}}, InvalidResource),
    "an unknown method": ("batch", {"request": {"method": "COPY", "url": "Patient"}}, InvalidResource),
    "no address": ("batch", {"request": {"method": "GET"}}, InvalidResource),
    "another address": ("batch", {"request": {"method": "GET", "url": "http://b.test/Patient"}}, InvalidResource),
    "a collection without resources": ("collection", {"resource": "x"}, InvalidResource),
    "a collection without ids": ("collection", {"resource": {"resourceType": "Patient"}}, InvalidResource),
    "a patch without data": ("batch", patch(None), Invalid),
    "a patch that is no Base64": ("batch", patch("!"), Invalid),
    "a patch with a sign that Base64 does not have": ("batch", patch("W!10="), Invalid),
    "a patch that is no resource": ("batch", {**patch(None), "resource": "x"}, Invalid),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_entry_of_another_form_is_refused(name: str):
    kind, entry, error = REFUSED[name]
    with pytest.raises(error):
        entry_of(kind, 0, entry, MOUNTS, DEFAULT_LIMITS)


@pytest.mark.parametrize("text", ["a=b", "Patient?a=b", " /Patient?a=b ", "http://x.test/Patient?a=b", "x?a=b"])
def test_the_condition_of_a_create_is_a_query_with_or_without_its_address(text: str):
    assert if_none_exist(text, "Patient") == (("a", "b"),)
    assert if_none_exist(None, "Patient") == ()


@pytest.mark.parametrize("text", ["Group?a=b", "", "Patient?", "_format=json"])
def test_a_condition_of_another_type_or_of_nothing_is_refused(text: str):
    with pytest.raises(Invalid):
        if_none_exist(text, "Patient")


PAGES: list[tuple[dict[str, str], int, dict[str, int]]] = [
    ({"_count": "2"}, 5, {"first": 1, "self": 1, "next": 2, "last": 3}),
    ({"_count": "2", "page": "2"}, 5, {"first": 1, "self": 2, "next": 3, "previous": 1, "last": 3}),
    ({"_count": "2", "_page": "3"}, 5, {"first": 1, "self": 3, "previous": 2, "last": 3}),
    ({"_count": "2", "page": "9"}, 4, {"first": 1, "self": 9, "previous": 2, "last": 2}),
    ({"_count": "2", "page": "0"}, 2, {"first": 1, "self": 1}),
    ({"_count": "2"}, 0, {"first": 1, "self": 1}),
    ({"_count": "0"}, 5, {"first": 1, "self": 1}),
    ({"_summary": "count", "page": "2"}, 5, {"first": 1, "self": 2, "previous": 1}),
]


@pytest.mark.parametrize(("parameters", "total", "numbers"), PAGES)
def test_a_page_of_a_history_links_to_the_others(parameters: dict[str, str], total: int, numbers: dict[str, int]):
    page = bundles.page_of(tuple(parameters.items()))
    links = bundles._links("a", page, total)
    kept = "".join(f"{name}={value}&" for name, value in parameters.items() if name not in ("page", "_page"))
    assert {link["relation"]: link["url"] for link in links} == {
        relation: f"a?{kept}page={number}" for relation, number in numbers.items()
    }
    assert (page.start, page.end) == ((page.number - 1) * page.count, page.number * page.count)


@pytest.mark.parametrize(
    ("parameters", "count"),
    [({}, bundles.PER_PAGE), ({"_count": "3"}, 3), ({"_count": "99999"}, bundles.MOST_PER_PAGE),
     ({"_summary": "count", "_count": "3"}, 0), ({"_summary": "true"}, bundles.PER_PAGE)],
)  # fmt: skip
def test_a_page_has_the_size_that_is_asked_for_up_to_the_most(parameters: dict[str, str], count: int):
    assert bundles.page_of(tuple(parameters.items())).count == count


@pytest.mark.parametrize("parameters", [{"_count": "x"}, {"page": "-1"}, {"_count": ""}])
def test_a_page_has_a_number(parameters: dict[str, str]):
    with pytest.raises(Invalid, match="must be a whole number"):
        bundles.page_of(tuple(parameters.items()))


AT = datetime(2026, 3, 1, tzinfo=UTC)
STAMPS = {"versionId": "2", "lastUpdated": "2026-03-01T00:00:00.000000Z"}
CREATED = {"url": "ex:createdAt", "valueInstant": "2026-03-01T00:00:00.000000Z"}
OWN = {"url": "u", "valueCode": "x"}


def test_the_server_s_meta_stands_beside_the_sender_s():
    content = {"resourceType": "Patient", "active": True}
    assert list(meta.stamped(content, "1", 2, AT, AT)) == ["resourceType", "id", "meta", "active"]
    assert meta.stamped(content, "1", 2, AT, AT)["meta"] == {**STAMPS, "extension": [CREATED]}
    sent_meta = {"tag": [{"code": "t"}], "versionId": "9", "extension": [OWN, {"url": "ex:createdAt"}]}
    stored = meta.stamped({"id": "x", "meta": sent_meta, **content}, "1", 2, AT, AT)
    assert list(stored) == ["id", "meta", "resourceType", "active"]
    assert stored["meta"] == {**STAMPS, "extension": [CREATED, OWN], "tag": [{"code": "t"}]}
    assert stored["id"] == "1"
    assert meta.unstamped(stored)["meta"] == {"tag": [{"code": "t"}], "extension": [OWN]}
    assert "meta" not in meta.unstamped(meta.stamped(content, "1", 2, AT, AT))


SAME: list[tuple[str, str, bool]] = [
    ('{"a":1,"b":2}', '{"b":2,"a":1}', True),
    ('{"a":1.0}', '{"a":1.00}', False),
    ('{"a":1}', '{"a":1,"id":"x","meta":{"versionId":"3"}}', True),
    ('{"a":1}', '{"a":1,"meta":{"tag":[]}}', False),
    ('{"a":["x",null]}', '{"a":["x"]}', True),
    ('{"a":["x",null,null]}', '{"a":["x"]}', True),
    ('{"a":[null,"x"]}', '{"a":["x"]}', False),
    ('{"a":["x","y"]}', '{"a":["x"]}', False),
    ('{"a":["x","y"]}', '{"a":["y","x"]}', False),
    ('{"a":["x"],"_a":[null]}', '{"a":["x"]}', True),
    ('{"a":[]}', "{}", False),
    ('{"a":[{"c":1,"b":2}]}', '{"a":[{"b":2,"c":1}]}', True),
]


@pytest.mark.parametrize(("first", "second", "is_same"), SAME)
def test_resources_are_the_same_apart_from_the_server_s_values(first: str, second: str, is_same: bool):
    assert meta.is_same_content(parse(first.encode()), parse(second.encode())) is is_same
    assert meta.is_same_content(parse(second.encode()), parse(first.encode())) is is_same


NHS = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991001379"}
LABEL = {"system": "http://fhir.patientsknowbest.com/codesystem/privacy-label"}
GOOD: Json = {"resourceType": "Patient", "identifier": [NHS], "managingOrganization": {"reference": "Organization/1"}}
UNMET: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    "nothing": ({}, []),
    "a reference by identifier alone": ({"generalPractitioner": [{"identifier": NHS, "display": "x"}]},
                                        [("reference", "Patient.generalPractitioner[0]")]),
    "a reference with an identifier": ({"generalPractitioner": [{"identifier": NHS, "reference": "Group/1"}]}, []),
    "a contained resource": ({"managingOrganization": {"reference": "#1"}},
                             [("reference", "Patient.managingOrganization")]),
    "an absolute reference": ({"managingOrganization": {"reference": "https://x.test/Organization/1"}},
                              [("absolute", "Patient.managingOrganization")]),
    "no system": ({"identifier": [NHS, {"value": "1"}]}, [("identifier", "Patient.identifier[1]")]),
    "no value": ({"identifier": [NHS, {"system": "s"}]}, [("identifier", "Patient.identifier[1]")]),
    "no identifier": ({"identifier": []}, [("person", "Patient.identifier")]),
    "two of a system": ({"identifier": [NHS, NHS]}, [("person", "Patient.identifier")]),
    "an invalid number": ({"identifier": [{**NHS, "value": "1"}]}, [("person", "Patient.identifier")]),
    "another type": ({"resourceType": "Group", "identifier": [], "managingOrganization": {}}, []),
    "a source": ({"meta": {"security": [{"code": "x"}, {"code": "source-team"}]}},
                 [("security", "Patient.meta.security[1]")]),
    "a label": ({"meta": {"security": [{**LABEL, "code": "SOCIAL_CARE"}, {"code": "y"}]}}, []),
    "two labels": ({"meta": {"security": [{**LABEL, "code": "SOCIAL_CARE"}, {**LABEL, "code": "GENERAL_HEALTH"}]}},
                   [("label", "Patient.meta.security")]),
    "an unknown label": ({"meta": {"security": [{**LABEL, "code": "X"}]}}, [("label", "Patient.meta.security")]),
    "what the server keeps": ({"meta": {"versionId": "1", "tag": [], "extension": [{"url": "u"},
                                                                                 {"url": "ex:createdAt"}]}},
                              [("meta", "Patient.meta.versionId"), ("meta", "Patient.meta.extension[1]")]),
}  # fmt: skip


@pytest.mark.parametrize("name", UNMET)
def test_a_resource_shows_which_requirements_it_does_not_meet(name: str):
    elements, failures = UNMET[name]
    expected = [(f"customer.requirement-{rule}", where) for rule, where in failures]
    assert [(failure.rule, failure.where) for failure in unmet_requirements({**GOOD, **elements})] == expected


def test_a_patient_without_a_source_says_so():
    rows = unmet_requirements({name: value for name, value in GOOD.items() if name != "managingOrganization"})
    assert [row.rule for row in rows] == ["customer.requirement-source"]
    assert str(rows[0]).startswith("Patient.managingOrganization: ")


def test_so_many_requirements_are_listed():
    rows = unmet_requirements({**GOOD, "generalPractitioner": [{"reference": "#1"}] * (MOST + 1)})
    assert [row.where for row in rows] == [f"Patient.generalPractitioner[{number}]" for number in range(MOST)]
