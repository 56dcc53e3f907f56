"""The codes that the server writes into its answers are codes of the endpoint's release.

https://hl7.org/fhir/STU3/valueset-issue-type.html , https://hl7.org/fhir/STU3/valueset-http-verb.html ; the invariants
bdl-3 and bdl-4 are of https://hl7.org/fhir/STU3/bundle.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.fhir.strict_reader import read_strictly
from tests.support import Client

Json = dict[str, Any]
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female"}
CODES = {
    "deleted": {"stu3": "not-found", "r4": "deleted"},
    "several": {"stu3": "processing", "r4": "multiple-matches"},
}
METHODS = {"stu3": ["DELETE", "PUT", "PUT", "PUT"], "r4": ["DELETE", "PATCH", "PUT", "PUT"]}


@pytest.fixture(params=["stu3", "r4"])
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    return Endpoint(pkb, f"northmoor-{request.param}")


def release_of(feed: Endpoint) -> str:
    return feed.name.partition("-")[2]


def gone(feed: Endpoint) -> None:
    feed.put(PATIENT)
    feed.put({**PATIENT, "active": False})
    feed.ask("PATCH", "/Patient/p", {"active": True})
    feed.ask("DELETE", "/Patient/p")


def in_batch(feed: Endpoint, kind: str, **entry: Any) -> Json:
    answer: Json = feed.ask("POST", "", {"resourceType": "Bundle", "type": kind, "entry": [entry]}).json()
    return answer


def test_a_deleted_resource_is_said_to_be_so_in_the_words_of_the_release(feed: Endpoint):
    gone(feed)
    code = CODES["deleted"][release_of(feed)]
    for path in ("/Patient/p", f"/Patient/p/_history/{newest(feed)}"):
        response = feed.ask("GET", path)
        assert (response.status_code, response.json()["id"]) == (410, code)
        assert response.json()["issue"][0]["code"] == code
        assert f'<code value="{code}"' in feed.ask("GET", path, Accept="application/fhir+xml").text
    assert feed.ask("PATCH", "/Patient/p", {}).json()["issue"][0]["code"] == code
    answer = in_batch(feed, "batch", request={"method": "GET", "url": "Patient/p"})
    assert answer["entry"][0]["response"]["outcome"]["issue"][0]["code"] == code
    assert in_batch(feed, "transaction", request={"method": "GET", "url": "Patient/p"})["issue"][0]["code"] == code


def newest(feed: Endpoint) -> str:
    feed.put({**PATIENT, "id": "q"})
    return str(int(feed.get("/Patient/q")["meta"]["versionId"]) - 1)


def test_several_matches_are_said_in_the_words_of_the_release(feed: Endpoint):
    code = CODES["several"][release_of(feed)]
    for id_ in ("a", "b"):
        feed.put({**PATIENT, "id": id_})
    refusals = [
        feed.ask("PUT", "/Patient?gender=female", PATIENT),
        feed.ask("DELETE", "/Patient?gender=female"),
        feed.ask("POST", "/Patient", {"resourceType": "Patient"}, If_None_Exist="gender=female"),
    ]
    assert [refusal.status_code for refusal in refusals] == [412, 412, 412]
    assert [refusal.json()["issue"][0]["code"] for refusal in refusals] == [code] * 3
    answer = in_batch(feed, "batch", request={"method": "DELETE", "url": "Patient?gender=female"})
    assert answer["entry"][0]["response"]["outcome"]["issue"][0]["code"] == code


@pytest.mark.parametrize("path", ["/Patient/p/_history", "/Patient/_history"])
def test_a_history_names_methods_and_responses_that_the_release_has(feed: Endpoint, path: str):
    gone(feed)
    feed.put(PATIENT)
    feed.ask("DELETE", "/Patient/p")
    bundle = feed.get(path)
    read_strictly(release_of(feed), bundle)
    assert [entry["request"]["method"] for entry in bundle["entry"]][2:] == METHODS[release_of(feed)]
    assert feed.ask("GET", path, Accept="application/fhir+xml").status_code == 200


def test_the_statement_is_read_strictly(feed: Endpoint):
    read_strictly(release_of(feed), feed.get("/metadata"))
