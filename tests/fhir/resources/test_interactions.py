"""Interactions of a Customer endpoint: statuses, headers and bodies.

Source: *Customer: Examples*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3416031282 , and the documentation of
the server product that PKB is thought to run, https://github.com/Aidbox/documentation
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.base.clock import Clock
from tests.fhir.customer.support import Endpoint, assert_refused, bare, version
from tests.support import Client, assert_operation_outcome

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "epr1-5510",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991001379"}],
    "name": [{"family": "Okafor", "given": ["Ada"]}],
    "gender": "female",
}
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
MICROSECONDS = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z"


@pytest.fixture(params=["northmoor-r4", "northmoor-stu3"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, request.param)


def without_id() -> dict[str, Any]:
    return {name: value for name, value in PATIENT.items() if name != "id"}


def test_create_gives_an_id_a_version_and_the_time_of_creation(feed: Endpoint):
    response = feed.ask("POST", "/Patient", without_id())
    assert response.status_code == 201
    body = response.json()
    assert re.fullmatch(UUID, body["id"])
    assert {**bare(body), "id": PATIENT["id"]} == PATIENT
    meta = body["meta"]
    assert meta["versionId"].isdigit()
    assert meta["versionId"] != "1"
    assert re.fullmatch(MICROSECONDS, meta["lastUpdated"])
    assert meta["extension"] == [{"url": "ex:createdAt", "valueInstant": meta["lastUpdated"]}]
    place = f"{feed.pkb.server.base_url}{feed.path}/Patient/{body['id']}/_history/{meta['versionId']}"
    assert response.headers["location"] == place
    assert response.headers["etag"] == f'W/"{meta["versionId"]}"'
    assert response.headers["last-modified"].endswith(" GMT")
    assert response.headers["pkb-sandbox-cell"] == "customer.customer.send_data"


def test_create_keeps_an_id_in_the_body(feed: Endpoint):
    assert feed.ask("POST", "/Patient", PATIENT).json()["id"] == "epr1-5510"


def test_create_under_an_id_that_is_taken_is_a_conflict(feed: Endpoint):
    feed.put(PATIENT)
    response = feed.ask("POST", "/Patient", PATIENT)
    assert_refused(response, 409, "duplicate", "Resource Patient/epr1-5510 already exists")


def test_create_under_an_id_that_was_deleted_is_a_new_resource(feed: Endpoint):
    feed.put(PATIENT)
    feed.ask("DELETE", "/Patient/epr1-5510")
    response = feed.ask("POST", "/Patient", PATIENT)
    assert response.status_code == 201
    meta = response.json()["meta"]
    assert meta["extension"][0]["valueInstant"] == meta["lastUpdated"]


def test_what_senders_may_not_set_is_replaced(feed: Endpoint):
    recorded = {
        "url": "http://fhir.patientsknowbest.com/structuredefinition/recorded-date",
        "valueDateTime": "2024-05-02T09:30:00+01:00",
    }
    persisted = {
        "url": "http://fhir.patientsknowbest.com/structuredefinition/version-persisted",
        "valueDateTime": "2001-01-01T00:00:00Z",
    }
    meta = {
        "versionId": "7",
        "lastUpdated": "2001-01-01T00:00:00Z",
        "extension": [{"url": "ex:createdAt", "valueInstant": "2001-01-01T00:00:00Z"}, recorded, persisted],
        "tag": [{"system": "urn:t", "code": "mine"}],
    }
    stored = feed.put({**PATIENT, "meta": meta})["meta"]
    assert stored["versionId"] != "7"
    assert not stored["lastUpdated"].startswith("2001")
    created, *rest = stored["extension"]
    assert created["url"] == "ex:createdAt"
    assert not created["valueInstant"].startswith("2001")
    assert rest == [recorded]
    assert stored["tag"] == meta["tag"]


def test_read_gives_what_was_stored(feed: Endpoint):
    stored = feed.put(PATIENT)
    response = feed.ask("GET", "/Patient/epr1-5510")
    assert response.json() == stored
    assert response.headers["etag"] == f'W/"{stored["meta"]["versionId"]}"'
    assert response.headers["pkb-sandbox-cell"] == "customer.customer.read_demographics"


def test_read_of_what_never_was(feed: Endpoint):
    response = feed.ask("GET", "/Patient/nobody")
    body = assert_refused(response, 404, "not-found", "Resource Patient/nobody not found")
    assert body["id"] == "not-found"


def test_read_of_what_was_deleted(feed: Endpoint):
    feed.put(PATIENT)
    feed.ask("DELETE", "/Patient/epr1-5510")
    assert feed.ask("GET", "/Patient/epr1-5510").status_code == 410


@pytest.mark.parametrize("tag", ['W/"{}"', '"{}"', "{}"])
def test_read_of_what_the_caller_has_is_304(feed: Endpoint, tag: str):
    stored = feed.put(PATIENT)["meta"]["versionId"]
    response = feed.ask("GET", "/Patient/epr1-5510", If_None_Match=tag.format(stored))
    assert (response.status_code, response.content) == (304, b"")
    assert feed.ask("GET", "/Patient/epr1-5510", If_None_Match=tag.format("1")).status_code == 200


def test_vread_gives_each_version(feed: Endpoint):
    first = feed.put(PATIENT)
    second = feed.put({**PATIENT, "gender": "other"})
    for stored in (first, second):
        assert feed.get(f"/Patient/epr1-5510/_history/{stored['meta']['versionId']}") == stored
    assert feed.ask("GET", "/Patient/epr1-5510/_history/1").status_code == 404
    assert feed.ask("GET", "/Patient/epr1-5510/_history/x").status_code == 404


def test_update_creates_and_then_replaces(feed: Endpoint):
    first = feed.ask("PUT", "/Patient/epr1-5510", PATIENT)
    assert first.status_code == 201
    assert "location" in first.headers
    second = feed.ask("PUT", "/Patient/epr1-5510", {**PATIENT, "gender": "other"})
    assert second.status_code == 200
    assert version(second) > version(first)
    created = [response.json()["meta"]["extension"][0] for response in (first, second)]
    assert created[0] == created[1]


def test_update_takes_a_body_without_id(feed: Endpoint):
    assert feed.ask("PUT", "/Patient/epr1-5510", without_id()).json()["id"] == "epr1-5510"


def test_update_of_another_id_than_the_addresss_is_refused(feed: Endpoint):
    response = feed.ask("PUT", "/Patient/someone", PATIENT)
    assert_refused(response, 400, "invalid", "The id in the body is not someone")


@pytest.mark.parametrize("id_", ["a_b", "a%20b", "x" * 65])
def test_update_of_what_can_be_no_id_is_refused(feed: Endpoint, id_: str):
    response = feed.ask("PUT", f"/Patient/{id_}", without_id())
    assert_refused(response, 422, "invalid", "expected id", "Patient.id")


def test_the_same_again_makes_no_new_version(feed: Endpoint):
    first = feed.put(PATIENT)
    turned = dict(reversed(PATIENT.items()))
    assert feed.put(turned) == first
    assert feed.put(first) == first
    assert feed.get("/Patient/epr1-5510/_history")["total"] == 1


def test_versions_count_over_all_resources(feed: Endpoint):
    first = feed.put(PATIENT)
    other = feed.put({"resourceType": "Organization", "id": "o", "name": "Northmoor"})
    again = feed.put({**PATIENT, "gender": "other"})
    numbers = [int(resource["meta"]["versionId"]) for resource in (first, other, again)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("tag", ['W/"{}"', '"{}"', "{}"])
def test_update_of_the_version_that_is_named(feed: Endpoint, tag: str):
    stored = feed.put(PATIENT)["meta"]["versionId"]
    changed = {**PATIENT, "gender": "other"}
    assert feed.ask("PUT", "/Patient/epr1-5510", changed, If_Match=tag.format(stored)).status_code == 200
    refused = feed.ask("PUT", "/Patient/epr1-5510", PATIENT, If_Match=tag.format(stored))
    body = assert_refused(refused, 409, "conflict", "Version Id mismatch")
    assert body["id"] == "conflict"
    assert feed.get("/Patient/epr1-5510")["gender"] == "other"


def test_a_json_patch_is_applied(feed: Endpoint):
    first = feed.put(PATIENT)
    operations = [
        {"op": "test", "path": "/gender", "value": "female"},
        {"op": "replace", "path": "/gender", "value": "other"},
        {"op": "add", "path": "/active", "value": True},
        {"op": "remove", "path": "/name"},
    ]
    response = feed.ask(
        "PATCH", "/Patient/epr1-5510", operations, Content_Type="application/json-patch+json", If_Match=""
    )
    assert response.status_code == 200
    expected = {name: value for name, value in PATIENT.items() if name != "name"}
    assert bare(response.json()) == {**expected, "gender": "other", "active": True}
    assert version(response) > int(first["meta"]["versionId"])


def test_a_merge_patch_is_applied(feed: Endpoint):
    feed.put(PATIENT)
    document = {"gender": None, "name": [{"family": "Obi"}]}
    response = feed.ask("PATCH", "/Patient/epr1-5510", document, Content_Type="application/merge-patch+json")
    assert response.status_code == 200
    expected = {name: value for name, value in PATIENT.items() if name != "gender"}
    assert bare(response.json()) == {**expected, "name": [{"family": "Obi"}]}


def test_the_kind_of_patch_may_be_named(feed: Endpoint):
    feed.put(PATIENT)
    merge = feed.ask("PATCH", "/Patient/epr1-5510?_method=merge-patch", {"active": True})
    assert merge.json()["active"] is True
    jsonpatch = [{"op": "remove", "path": "/active"}]
    assert "active" not in feed.ask("PATCH", "/Patient/epr1-5510?_method=json-patch", jsonpatch).json()
    assert "gender" not in feed.ask("PATCH", "/Patient/epr1-5510", [{"op": "remove", "path": "/gender"}]).json()


BAD_PATCHES: dict[str, tuple[Any, int]] = {
    "to what is not there": ([{"op": "remove", "path": "/photo"}], 422),
    "no such operation": ([{"op": "frobnicate", "path": "/gender"}], 422),
    "no path": ([{"op": "remove"}], 422),
    "a test that fails": ([{"op": "test", "path": "/gender", "value": "male"}], 422),
    "a bad pointer": ([{"op": "add", "path": "gender", "value": 1}], 422),
    "an index beyond the list": ([{"op": "add", "path": "/name/7", "value": {}}], 422),
    "through a text": ([{"op": "add", "path": "/gender/x/y", "value": {}}], 422),
    "no operation at all": ([1], 422),
    "to no resource": ([{"op": "replace", "path": "", "value": 1}], 422),
    "to another type": ([{"op": "replace", "path": "/resourceType", "value": "Person"}], 422),
    "to another id": ([{"op": "replace", "path": "/id", "value": "b"}], 400),
    "to an invalid resource": ([{"op": "add", "path": "/photo", "value": {}}], 422),
}


@pytest.mark.parametrize(("document", "status"), BAD_PATCHES.values(), ids=BAD_PATCHES)
def test_a_bad_patch_changes_nothing(feed: Endpoint, document: Any, status: int):
    stored = feed.put(PATIENT)
    response = feed.ask("PATCH", "/Patient/epr1-5510", document)
    assert response.status_code == status, response.text
    assert response.json()["resourceType"] == "OperationOutcome"
    assert feed.get("/Patient/epr1-5510") == stored


def test_a_patch_of_an_unknown_kind_is_415(feed: Endpoint):
    feed.put(PATIENT)
    response = feed.ask("PATCH", "/Patient/epr1-5510", {"resourceType": "Parameters"}, Content_Type="text/plain")
    assert response.status_code == 415


def test_patch_of_what_is_not_there(feed: Endpoint):
    assert feed.ask("PATCH", "/Patient/nobody", {}).status_code == 404
    feed.put(PATIENT)
    feed.ask("DELETE", "/Patient/epr1-5510")
    assert feed.ask("PATCH", "/Patient/epr1-5510", {}).status_code == 410


def test_patch_of_another_version_is_a_conflict(feed: Endpoint):
    feed.put(PATIENT)
    assert feed.ask("PATCH", "/Patient/epr1-5510", {"active": True}, If_Match="1").status_code == 409


def test_delete_gives_what_was_there(feed: Endpoint):
    stored = feed.put(PATIENT)
    response = feed.ask("DELETE", "/Patient/epr1-5510")
    assert (response.status_code, response.json()) == (200, stored)
    assert feed.ask("DELETE", "/Patient/epr1-5510").status_code == 204
    assert feed.ask("DELETE", "/Patient/nobody").status_code == 204


def test_a_delete_is_answered_without_content_where_that_is_asked_for(feed: Endpoint):
    feed.put(PATIENT)
    response = feed.ask("DELETE", "/Patient/epr1-5510?_no-content=true")
    assert (response.status_code, response.content) == (204, b"")
    assert feed.ask("GET", "/Patient/epr1-5510").status_code == 410


def test_delete_of_another_version_is_refused(feed: Endpoint):
    stored = feed.put(PATIENT)
    assert_refused(feed.ask("DELETE", "/Patient/epr1-5510", If_Match='W/"1"'), 412, "conflict", "Version Id mismatch")
    tag = f'W/"{stored["meta"]["versionId"]}"'
    assert feed.ask("DELETE", "/Patient/epr1-5510", If_Match=tag).status_code == 200


def test_what_was_deleted_comes_back_by_an_update(feed: Endpoint):
    feed.put(PATIENT)
    feed.ask("DELETE", "/Patient/epr1-5510")
    assert feed.ask("PUT", "/Patient/epr1-5510", PATIENT).status_code == 201
    methods = [entry["request"]["method"] for entry in feed.get("/Patient/epr1-5510/_history")["entry"]]
    assert methods == ["PUT", "DELETE", "PUT"]


def test_history_is_newest_first_with_what_was_deleted(feed: Endpoint):
    first = feed.put(PATIENT)
    second = feed.put({**PATIENT, "gender": "other"})
    feed.ask("DELETE", "/Patient/epr1-5510")
    bundle = feed.get("/Patient/epr1-5510/_history")
    assert (bundle["type"], bundle["total"]) == ("history", 3)
    deleted, *rest = bundle["entry"]
    assert "resource" not in deleted
    assert deleted["request"] == {"method": "DELETE", "url": "Patient/epr1-5510"}
    assert [entry["resource"] for entry in rest] == [second, first]
    if "r4" in feed.name:
        assert [entry["response"]["status"] for entry in bundle["entry"]] == ["204", "200", "201"]
        assert rest[0]["response"]["etag"] == f'W/"{second["meta"]["versionId"]}"'
    else:
        assert not any("response" in entry for entry in bundle["entry"])
    assert rest[0]["fullUrl"] == f"{feed.pkb.server.base_url}{feed.path}/Patient/epr1-5510"


def test_history_of_what_never_was_is_404(feed: Endpoint):
    assert feed.ask("GET", "/Patient/nobody/_history").status_code == 404


def test_history_of_a_type_is_paged_to_the_end(feed: Endpoint):
    stored = [feed.put({**PATIENT, "id": f"p{number}"}) for number in range(5)]
    feed.put({"resourceType": "Organization", "id": "o", "name": "not a patient"})
    path, seen = "/Patient/_history?_count=2", []
    while path:
        bundle = feed.get(path)
        assert bundle["total"] == 5
        seen += [entry["resource"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert all(url.startswith(f"{feed.path}/Patient/_history?") for url in links.values())
        path = links.get("next", "").removeprefix(feed.path)
    assert seen == stored[::-1]
    assert "entry" not in feed.get("/Practitioner/_history")
    assert "entry" not in feed.get("/Patient/_history?page=99")


@pytest.mark.parametrize("feed", ["northmoor-r4"], indirect=True)
def test_history_shows_updates_made_while_the_clock_is_frozen(feed: Endpoint):
    feed.pkb.server.workspaces.default.clock = Clock.parse("2026-01-01")
    for gender in ("female", "male"):
        feed.put({**PATIENT, "gender": gender})
    feed.ask("DELETE", "/Patient/epr1-5510")
    feed.put(PATIENT)
    entries = feed.get("/Patient/epr1-5510/_history")["entry"]
    assert [entry["response"]["status"] for entry in entries] == ["201", "204", "200", "201"]


def test_history_since_leaves_out_what_was_made_before(feed: Endpoint):
    stored = [feed.put({**PATIENT, "id": f"p{number}"}) for number in range(4)]
    since = f"_since={stored[1]['meta']['lastUpdated']}"
    bundle = feed.get(f"/Patient/_history?{since}")
    assert (bundle["total"], [entry["resource"] for entry in bundle["entry"]]) == (3, stored[:0:-1])
    second = feed.get(f"/Patient/_history?{since}&_count=2&page=2")
    assert (second["total"], [entry["resource"] for entry in second["entry"]]) == (3, [stored[1]])
    assert feed.get("/Patient/p0/_history?_since=2999")["total"] == 0
    count = feed.get("/Patient/_history?_summary=count")
    assert (count["total"], "entry" in count) == (4, False)


@pytest.mark.parametrize("query", ["_since=yesterday", "_since=2020-02-30", "_at=2020"])
def test_a_history_that_cannot_be_given_is_refused(feed: Endpoint, query: str):
    assert feed.ask("GET", f"/Patient/_history?{query}").status_code == 400


def test_if_none_match_of_anything_writes_and_reads_only_what_is_not_there(feed: Endpoint):
    assert feed.ask("PUT", "/Patient/epr1-5510", PATIENT, If_None_Match="*").status_code == 201
    refused = feed.ask("PUT", "/Patient/epr1-5510", {**PATIENT, "gender": "other"}, If_None_Match="*")
    assert_refused(refused, 412, "conflict", "Resource Patient/epr1-5510 already exists")
    assert feed.ask("GET", "/Patient/epr1-5510", If_None_Match="*").status_code == 304
    feed.ask("DELETE", "/Patient/epr1-5510")
    assert feed.ask("PUT", "/Patient/epr1-5510", PATIENT, If_None_Match="*").status_code == 201


@pytest.mark.parametrize("query", ["_count=x", "_count=-1", "page=x", "_page=1.5"])
def test_an_invalid_page_is_refused(feed: Endpoint, query: str):
    assert feed.ask("GET", f"/Patient/_history?{query}").status_code == 400


def test_search_finds_what_is_there(feed: Endpoint):
    stored = feed.put(PATIENT)
    feed.put({**PATIENT, "id": "other", "name": [{"family": "Smith"}]})
    bundle = feed.get("/Patient?family=oka")
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    assert bundle["entry"][0]["resource"] == stored
    by_form = feed.ask("POST", "/Patient/_search", b"family=oka", Content_Type="application/x-www-form-urlencoded")
    assert by_form.json()["entry"] == bundle["entry"]
    assert feed.ask("POST", "/Patient/_search", b"{}", Content_Type="application/json").status_code == 415
    feed.ask("DELETE", "/Patient/epr1-5510")
    assert feed.get("/Patient?family=oka")["total"] == 0


def test_search_finds_by_the_time_of_the_last_update(feed: Endpoint):
    at = feed.put(PATIENT)["meta"]["lastUpdated"]
    assert feed.get(f"/Patient?_lastUpdated={at}")["total"] == 1
    assert feed.get("/Patient?_lastUpdated=lt2020")["total"] == 0


def test_a_search_that_would_find_the_same_is_304(feed: Endpoint):
    feed.put(PATIENT)
    tag = feed.ask("GET", "/Patient?family=oka").headers["etag"]
    assert feed.ask("GET", "/Patient?family=oka", If_None_Match=tag).status_code == 304
    feed.put({**PATIENT, "gender": "other"})
    assert feed.ask("GET", "/Patient?family=oka", If_None_Match=tag).status_code == 200


@pytest.mark.parametrize("query", ["_include=Patient:organization", "organization.name=north", "_revinclude=*"])
def test_a_search_that_leads_to_other_types_changes_with_them(feed: Endpoint, query: str):
    organisation = {"resourceType": "Organization", "id": "o", "name": "Northmoor"}
    feed.put(organisation)
    feed.put({**PATIENT, "managingOrganization": {"reference": "Organization/o"}})
    tag = feed.ask("GET", f"/Patient?{query}").headers["etag"]
    assert feed.ask("GET", f"/Patient?{query}", If_None_Match=tag).status_code == 304
    feed.put({**organisation, "name": "Southmoor"})
    assert feed.ask("GET", f"/Patient?{query}", If_None_Match=tag).status_code == 200


def test_an_unknown_parameter_is_ignored_unless_handling_is_strict(feed: Endpoint):
    feed.put(PATIENT)
    bundle = feed.get("/Patient?shoe-size=9&_elements=name")
    match, warning = bundle["entry"]
    assert (bundle["total"], match["search"]["mode"], warning["search"]["mode"]) == (1, "match", "outcome")
    (issue,) = warning["resource"]["issue"]
    assert (issue["severity"], issue["expression"]) == ("warning", ["shoe-size"])
    assert "entry" not in feed.get("/Patient?shoe-size=9&_summary=count")
    assert feed.ask("GET", "/Patient?shoe-size=9", Accept="application/fhir+xml").status_code == 200
    assert feed.ask("GET", "/Patient?shoe-size=9", Prefer="handling=strict").status_code == 400


def test_prefer_minimal_leaves_the_body_out(feed: Endpoint):
    response = feed.ask("PUT", "/Patient/epr1-5510", PATIENT, Prefer="return=minimal")
    assert (response.status_code, response.content) == (201, b"")
    assert response.headers["etag"]
    assert response.headers["location"]


def test_a_client_that_prefers_an_operation_outcome_gets_one(feed: Endpoint):
    response = feed.ask("PUT", "/Patient/epr1-5510", PATIENT, Prefer="handling=lenient; return=OperationOutcome")
    assert response.status_code == 201
    assert response.json()["issue"][0]["severity"] == "information"


NOTICES: dict[str, tuple[str, str, dict[str, Any] | None, str]] = {
    "a create": ("POST", "/Patient", {"resourceType": "Patient"}, "was created"),
    "an update that creates": ("PUT", "/Patient/new", {"resourceType": "Patient", "id": "new"}, "was created"),
    "an update": ("PUT", "/Patient/epr1-5510", {**PATIENT, "active": False}, "was updated"),
    "an update without a change": ("PUT", "/Patient/epr1-5510", PATIENT, "unchanged"),
    "a patch": ("PATCH", "/Patient/epr1-5510", {"active": False}, "was updated"),
    "a patch without a change": ("PATCH", "/Patient/epr1-5510", {}, "unchanged"),
    "a delete": ("DELETE", "/Patient/epr1-5510", None, "was deleted"),
}


@pytest.mark.parametrize("name", NOTICES)
def test_a_preferred_outcome_says_what_became_of_the_resource(feed: Endpoint, name: str):
    feed.put(PATIENT)
    method, path, body, fate = NOTICES[name]
    response = feed.ask(method, path, body, Prefer="return=OperationOutcome")
    assert response.json()["issue"] == [
        {"severity": "information", "code": "informational", "diagnostics": f"The resource {fate}"}
    ]


NOT_OFFERED = {
    "a type that there is not": ("GET", "/Frobnication/1", 404),
    "the history of everything": ("GET", "/_history", 404),
    "an operation": ("GET", "/Patient/$everything", 404),
    "an operation on a patient": ("POST", "/Patient/epr1-5510/$validate", 404),
    "bulk import": ("POST", "/$import", 404),
    "a read of the root": ("GET", "", 405),
    "a read of the root with a slash": ("GET", "/", 405),
    "a change of a type": ("PATCH", "/Patient", 405),
    "a post to a patient": ("POST", "/Patient/epr1-5510", 405),
    "a change of a version": ("PUT", "/Patient/epr1-5510/_history/1", 405),
}


@pytest.mark.parametrize(("method", "path", "status"), NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_what_is_not_offered(feed: Endpoint, method: str, path: str, status: int):
    response = feed.ask(method, path)
    assert response.status_code == status, response.text
    assert response.json()["resourceType"] == "OperationOutcome"
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("path", ["/Patient/1", "/Patient", "/Condition", "/Patient/1/_history"])
def test_another_customers_endpoint_is_403(pkb: Client, path: str):
    response = Endpoint(pkb, "northmoor-r4", "eastgate-fhir").ask("GET", path)
    assert_operation_outcome(response, 403, "forbidden", "The endpoint northmoor-r4 belongs to another Customer")
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explanation["rule"] == "A request to another Customer's endpoint is 403: the token has no role for it"


def test_another_customers_endpoint_refuses_everything(pkb: Client):
    assert Endpoint(pkb, "northmoor-r4", "eastgate-fhir").ask("PUT", "/Patient/epr1-5510", PATIENT).status_code == 403
    assert Endpoint(pkb).ask("GET", "/Patient/epr1-5510").status_code == 404


def test_an_endpoint_without_an_owner_is_404(pkb: Client):
    assert_refused(Endpoint(pkb, "atlantis").ask("GET", "/Patient/1"), 404, "not-found", "No endpoint atlantis")
    assert Endpoint(pkb, "atlantis", "").ask("GET", "/metadata").status_code == 404
    assert Endpoint(pkb, "atlantis/x").ask("GET", "/Patient").status_code == 404


def test_two_endpoints_of_one_customer_share_nothing(pkb: Client):
    Endpoint(pkb, "northmoor-r4").put(PATIENT)
    assert Endpoint(pkb, "northmoor-stu3").ask("GET", "/Patient/epr1-5510").status_code == 404


def test_an_endpoint_is_found_by_its_host_name_too(pkb: Client):
    stored = Endpoint(pkb).put(PATIENT)
    headers = {
        "Host": "northmoor-r4.fhir-api.sandbox.patientsknowbest.com",
        "Authorization": f"Bearer {pkb.token('northmoor-fhir')}",
    }
    assert pkb.http.get("/fhir/Patient/epr1-5510", headers=headers).json() == stored
    bundle = pkb.http.get("/fhir/Patient/epr1-5510/_history", headers=headers).json()
    assert bundle["link"][0]["url"].startswith("/fhir/Patient/epr1-5510/_history?")
    assert bundle["entry"][0]["fullUrl"] == f"http://{headers['Host']}/fhir/Patient/epr1-5510"


@pytest.mark.parametrize(("name", "fhir_version"), [("northmoor-r4", "4.0.1"), ("northmoor-stu3", "3.0.1")])
def test_the_statement_needs_no_token(pkb: Client, name: str, fhir_version: str):
    statement = Endpoint(pkb, name, client="").get("/metadata")
    assert (statement["resourceType"], statement["fhirVersion"]) == ("CapabilityStatement", fhir_version)
    assert statement["implementation"]["url"] == f"{pkb.server.base_url}/customer/{name}/fhir"


def test_an_operation_definition_is_read_by_its_owner_alone(pkb: Client):
    definition = {
        "resourceType": "OperationDefinition",
        "id": "o",
        "name": "O",
        "status": "draft",
        "kind": "query",
        "code": "o",
        "system": True,
        "type": False,
        "instance": False,
    }
    stored = Endpoint(pkb).put(definition)
    assert Endpoint(pkb).get("/OperationDefinition/o") == stored
    assert Endpoint(pkb, client="").ask("GET", "/OperationDefinition/o").status_code == 401
