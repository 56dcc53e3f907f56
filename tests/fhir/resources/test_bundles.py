"""Batches and transactions at the root of a Customer endpoint.

Source: FHIR FAQs, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514 , and
https://github.com/Aidbox/documentation (api-1/transaction.md)
"""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import Any

import httpx
import pytest

from tests.fhir.customer.support import Endpoint, assert_refused, bare
from tests.support import Client

ADA: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:northmoor", "value": "5510"}],
    "name": [{"family": "Okafor"}],
}
WHO = "identifier=urn:northmoor|5510"


@pytest.fixture(params=["northmoor-r4", "northmoor-stu3"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, request.param)


def entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    """An entry; `fullUrl` stands beside the request, everything else in it."""
    request = {"method": method, "url": url, **{name: value for name, value in more.items() if name != "fullUrl"}}
    entry_ = {"request": request, **({"resource": resource} if resource is not None else {})}
    return {**entry_, **({"fullUrl": more["fullUrl"]} if "fullUrl" in more else {})}


def bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, **({"entry": list(entries)} if entries else {})}


def statuses(response: httpx.Response) -> list[str]:
    return [entry["response"]["status"] for entry in response.json().get("entry", [])]


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_bundle_of_updates_goes_to_the_root_with_a_slash_or_without(feed: Endpoint, kind: str, slash: str):
    posted = bundle(kind, *(entry("PUT", f"Patient/p{number}", ADA) for number in range(3)))
    response = feed.ask("POST", slash, posted, Content_Type="application/json")
    assert response.status_code == 200
    body = response.json()
    assert (body["resourceType"], body["type"]) == ("Bundle", f"{kind}-response")
    assert statuses(response) == ["201"] * 3
    assert [entry["resource"] for entry in body["entry"]] == [feed.get(f"/Patient/p{number}") for number in range(3)]
    outcome, stored = body["entry"][0]["response"], body["entry"][0]["resource"]
    version = stored["meta"]["versionId"]
    assert outcome["etag"] == f'W/"{version}"'
    assert outcome["lastModified"] == stored["meta"]["lastUpdated"]
    assert outcome["location"] == f"{feed.pkb.server.base_url}{feed.path}/Patient/p0/_history/{version}"
    assert statuses(feed.ask("POST", slash, posted)) == ["200"] * 3


def test_an_empty_bundle_is_answered_by_an_empty_one(feed: Endpoint):
    assert feed.ask("POST", "", bundle("transaction")).json() == bundle("transaction-response")


def test_references_to_entries_of_a_transaction_are_resolved(feed: Endpoint):
    narrative = '<div xmlns="http://www.w3.org/1999/xhtml"><a href="urn:uuid:p">Ada</a> urn:uuid:p</div>'
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "urn:uuid:p"},
        "identifier": [{"system": "urn:s", "value": "urn:uuid:p"}],
        "text": {"status": "generated", "div": narrative},
        "extension": [{"url": "urn:x", "valueUri": "urn:uuid:p"}],
        "evidence": [{"detail": [{"reference": "urn:uuid:o#part"}]}],
    }
    posted = bundle(
        "transaction",
        entry("POST", "Condition", condition, fullUrl="urn:uuid:c"),
        entry("POST", "Patient", ADA, fullUrl="urn:uuid:p"),
        entry("PUT", "Observation/o1", observation(), fullUrl="urn:uuid:o"),
    )
    response = feed.ask("POST", "", posted)
    assert statuses(response) == ["201"] * 3, response.text
    stored, patient, _ = (entry["resource"] for entry in response.json()["entry"])
    reference = f"Patient/{patient['id']}"
    assert stored["subject"]["reference"] == reference
    assert stored["extension"][0]["valueUri"] == reference
    assert stored["identifier"][0]["value"] == "urn:uuid:p"
    assert stored["text"]["div"] == narrative.replace('"urn:uuid:p"', f'"{reference}"')
    assert stored["evidence"][0]["detail"][0]["reference"] == "Observation/o1#part"
    assert feed.get(f"/Condition?subject={reference}")["total"] == 1


def observation() -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}


def test_references_in_a_batch_are_not(feed: Endpoint):
    condition = {"resourceType": "Condition", "subject": {"reference": "urn:uuid:p"}}
    posted = bundle(
        "batch",
        entry("POST", "Patient", ADA, fullUrl="urn:uuid:p"),
        entry("POST", "Condition", condition, fullUrl="urn:uuid:c"),
    )
    assert feed.ask("POST", "", posted).json()["entry"][1]["resource"]["subject"] == {"reference": "urn:uuid:p"}


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "an invalid resource": (entry("PUT", "Patient/b", {**ADA, "foo": 1}), 422, "Bundle.entry[1].resource.foo"),
    "another type": (entry("PUT", "Patient/b", observation()), 422, "Bundle.entry[1].resource.resourceType"),
    "another id": (entry("PUT", "Patient/b", {**ADA, "id": "c"}), 400, "Bundle.entry[1]"),
    "no resource": (entry("PUT", "Patient/b"), 422, "Bundle.entry[1].resource"),
    "no request": ({"resource": ADA}, 422, "Bundle.entry[1].request"),
    "no method": ({"request": {"url": "Patient"}, "resource": ADA}, 422, "Bundle.entry[1].request.method"),
    "no address": (entry("POST", "", ADA), 422, "Bundle.entry[1].request.url"),
    "an unknown type": (entry("POST", "Frobnication", ADA), 404, "Bundle.entry[1]"),
    "a version that is not the newest": (entry("PUT", "Patient/a", ADA, ifMatch='W/"1"'), 409, "Bundle.entry[1]"),
    "a read of nobody": (entry("GET", "Patient/nobody"), 404, "Bundle.entry[1]"),
    "a condition that several meet": (
        entry("POST", "Patient", ADA, ifNoneExist="gender=female"),
        412,
        "Bundle.entry[1]",
    ),
    "a condition that is none": (entry("POST", "Patient", ADA, ifNoneExist="shoe-size=9"), 400, "Bundle.entry[1]"),
    "a patch that is none": (entry("PATCH", "Patient/a", {"resourceType": "Binary"}), 400, "Bundle.entry[1]"),
}


@pytest.mark.parametrize(("bad", "status", "where"), BAD.values(), ids=BAD)
def test_a_transaction_with_a_bad_entry_changes_nothing(pkb: Client, bad: Any, status: int, where: str):
    feed = Endpoint(pkb)
    for id_ in ("f1", "f2"):
        feed.put({"resourceType": "Patient", "id": id_, "gender": "female"})
    before = feed.get("/Patient/_history")["total"]
    response = feed.ask("POST", "", bundle("transaction", entry("PUT", "Patient/a", ADA), bad))
    assert response.status_code == status, response.text
    assert response.json()["issue"][0]["expression"] == [where]
    assert feed.get("/Patient/_history")["total"] == before
    assert feed.ask("GET", "/Patient/a").status_code == 404


@pytest.mark.parametrize(("bad", "status", "where"), BAD.values(), ids=BAD)
def test_a_batch_with_a_bad_entry_does_the_others(pkb: Client, bad: Any, status: int, where: str):
    feed = Endpoint(pkb)
    for id_ in ("f1", "f2"):
        feed.put({"resourceType": "Patient", "id": id_, "gender": "female"})
    posted = bundle("batch", entry("PUT", "Patient/a", ADA), bad, entry("PUT", "Patient/z", ADA))
    response = feed.ask("POST", "", posted)
    assert response.status_code == 200
    assert statuses(response) == ["201", str(status), "201"]
    outcome = response.json()["entry"][1]["response"]["outcome"]
    assert outcome["resourceType"] == "OperationOutcome"
    assert feed.get("/Patient/z")["name"] == ADA["name"]


def test_every_interaction_may_stand_in_a_bundle(feed: Endpoint):
    stored = feed.put({**ADA, "id": "a"})
    document = base64.b64encode(json.dumps([{"op": "add", "path": "/active", "value": True}]).encode()).decode()
    name = "data" if feed.name == "northmoor-r4" else "content"
    patch = {"resourceType": "Binary", "contentType": "application/json-patch+json", name: document}
    posted = bundle(
        "transaction",
        entry("GET", "Patient/a"),
        entry("PATCH", "Patient/a", patch),
        entry("GET", f"Patient/a/_history/{stored['meta']['versionId']}"),
        entry("GET", "Patient/a/_history"),
        entry("GET", "Patient/_history"),
        entry("GET", f"Patient?{WHO}"),
        entry("GET", f"/Patient?{WHO}"),
        entry("GET", f"{feed.pkb.server.base_url}{feed.path}/Patient/a"),
        entry("DELETE", "Patient/a"),
        entry("DELETE", "Patient/a"),
    )
    response = feed.ask("POST", "", posted)
    assert statuses(response) == ["200"] * 9 + ["204"], response.text
    resources = [entry.get("resource") for entry in response.json()["entry"]]
    assert resources[0] == resources[2] == stored
    assert bare(resources[1]) == {**ADA, "id": "a", "active": True}
    assert [resource["total"] for resource in resources[3:7]] == [2, 2, 1, 1]
    assert resources[7] == resources[8] == resources[1]
    assert resources[9] is None


def test_the_same_id_several_times_builds_history(feed: Endpoint):
    genders = ["female", "male", "other"]
    posted = bundle("transaction", *(entry("PUT", "Patient/a", {**ADA, "gender": gender}) for gender in genders))
    assert statuses(feed.ask("POST", "", posted)) == ["201", "200", "200"]
    history = feed.get("/Patient/a/_history")["entry"]
    assert [entry_["resource"]["gender"] for entry_ in history] == genders[::-1]


def test_entries_run_in_the_order_that_is_given(feed: Endpoint):
    posted = bundle(
        "transaction", entry("PUT", "Patient/a", ADA), entry("DELETE", "Patient/a"), entry("POST", "Patient", ADA)
    )
    assert statuses(feed.ask("POST", "", posted)) == ["201", "200", "201"]
    assert feed.ask("GET", "/Patient/a").status_code == 410


def test_a_condition_sees_what_earlier_entries_made(feed: Endpoint):
    condition = {"resourceType": "Condition", "subject": {"reference": "urn:uuid:second"}}
    posted = bundle(
        "transaction",
        entry("POST", "Patient", ADA, fullUrl="urn:uuid:first", ifNoneExist=WHO),
        entry("POST", "Patient", ADA, fullUrl="urn:uuid:second", ifNoneExist=WHO),
        entry("POST", "Condition", condition),
        entry("PUT", f"Patient?{WHO}", {**ADA, "gender": "male"}),
    )
    response = feed.ask("POST", "", posted)
    assert statuses(response) == ["201", "200", "201", "200"], response.text
    first, second, diagnosed, updated = (entry["resource"] for entry in response.json()["entry"])
    assert first == second
    assert diagnosed["subject"]["reference"] == f"Patient/{first['id']}"
    assert updated["id"] == first["id"]
    assert feed.get("/Patient")["total"] == 1


def test_the_match_of_a_conditional_update_keeps_its_id_whatever_id_the_resource_has(feed: Endpoint):
    feed.put({**ADA, "id": "matched"})
    posted = bundle("transaction", entry("PUT", f"Patient?{WHO}", {**ADA, "id": "another", "gender": "male"}))
    response = feed.ask("POST", "", posted)
    assert statuses(response) == ["200"], response.text
    assert feed.get("/Patient/matched")["gender"] == "male"
    assert feed.ask("GET", "/Patient/another").status_code == 404


def test_a_collection_is_a_batch_of_updates(feed: Endpoint):
    posted = bundle("collection", {"resource": {**ADA, "id": "a"}}, {"resource": ADA}, {"resource": {"id": "b"}})
    response = feed.ask("POST", "", posted)
    assert response.json()["type"] == "batch-response"
    assert statuses(response) == ["201", "422", "422"]
    assert feed.get("/Patient/a")["name"] == ADA["name"]


NO_BUNDLES = {
    "another resource": (ADA, "resourceType", "expected Bundle"),
    "no object": ([], "resourceType", "expected Bundle"),
    "another type of Bundle": (bundle("document"), "Bundle.type", "expected batch or transaction or collection"),
    "entries that are no list": ({**bundle("batch"), "entry": {}}, "Bundle.entry", "expected array"),
}


@pytest.mark.parametrize(("body", "where", "diagnostics"), NO_BUNDLES.values(), ids=NO_BUNDLES)
def test_bodies_that_are_not_an_executable_bundle(pkb: Client, body: Any, where: str, diagnostics: str):
    assert_refused(Endpoint(pkb).ask("POST", "", body), 422, "invalid", diagnostics, where)


def test_a_bundle_that_is_posted_as_a_resource_is_stored_as_one(feed: Endpoint):
    posted = bundle("transaction", entry("PUT", "Patient/a", ADA))
    response = feed.ask("POST", "/Bundle", posted)
    assert response.status_code == 201
    assert {**bare(response.json()), "id": None} == {**posted, "id": None}
    assert feed.ask("GET", "/Patient/a").status_code == 404


def test_prefer_minimal_leaves_resources_out(feed: Endpoint):
    posted = bundle("batch", entry("PUT", "Patient/a", ADA), entry("PUT", "Patient/a", ADA), entry("GET", "Patient/a"))
    first, again, read = feed.ask("POST", "", posted, Prefer="return=minimal").json()["entry"]
    assert set(first) == set(again) == {"response"}
    assert read["resource"]["id"] == "a"


def send_alone(feed: Endpoint, body: bytes) -> httpx.Response:
    """Sends a Bundle over a connection of its own."""
    with httpx.Client(base_url=feed.pkb.server.base_url, timeout=120) as alone:
        headers = {"Authorization": f"Bearer {feed.pkb.token(feed.client)}"}
        return alone.post(feed.path, content=body, headers=headers)


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_other_requests_are_answered_while_a_large_bundle_runs(pkb: Client, kind: str):
    feed = Endpoint(pkb)
    small = {"resourceType": "Basic", "code": {"text": "x"}}
    body = json.dumps(bundle(kind, *(entry("PUT", f"Basic/b{number}", small) for number in range(5000)))).encode()
    assert len(body) > 500_000
    finished: list[float] = []

    def send() -> None:
        assert statuses(send_alone(feed, body)) == ["201"] * 5000
        finished.append(time.monotonic())

    feed.put({**ADA, "id": "a"})
    sending = threading.Thread(target=send)
    sending.start()
    answered: list[float] = []
    while sending.is_alive() and len(answered) < 20:
        feed.get("/Patient/a")
        answered.append(time.monotonic())
    sending.join()
    assert len(answered) == 20
    assert answered[-1] < finished[0]
    assert feed.get("/Basic?_summary=count")["total"] == 5000


def test_nothing_of_a_transaction_is_seen_before_its_end(pkb: Client):
    feed = Endpoint(pkb)
    small = {"resourceType": "Basic", "code": {"text": "x"}}
    body = bundle("transaction", *(entry("PUT", f"Basic/b{number}", small) for number in range(500)))
    sending = threading.Thread(target=send_alone, args=(feed, json.dumps(body).encode()))
    sending.start()
    seen = set()
    while sending.is_alive():
        seen.add(feed.get("/Basic?_summary=count")["total"])
    assert seen <= {0, 500}
