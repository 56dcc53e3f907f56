"""Conditional interactions: criteria of a search in place of an id.

Source: https://github.com/Aidbox/documentation (api-1/fhir-api) ; the header If-None-Exist is of
https://hl7.org/fhir/R4/http.html#ccreate
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint, assert_refused, bare
from tests.support import Client

ADA: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:northmoor", "value": "5510"}],
    "name": [{"family": "Okafor"}],
}
WHO = "identifier=urn:northmoor%7C5510"


@pytest.fixture
def feed(pkb: Client) -> Endpoint:
    return Endpoint(pkb)


def twice(feed: Endpoint) -> None:
    for id_ in ("a", "b"):
        feed.put({**ADA, "id": id_})


@pytest.mark.parametrize("form", ["query", "header", "header with a question mark"])
def test_a_conditional_create_stores_nothing_where_one_matches(feed: Endpoint, form: str):
    path = f"/Patient?{WHO}" if form == "query" else "/Patient"
    headers = {} if form == "query" else {"If_None_Exist": ("?" if "mark" in form else "") + WHO}
    first = feed.ask("POST", path, ADA, **headers)
    assert first.status_code == 201
    again = feed.ask("POST", path, {**ADA, "gender": "male"}, **headers)
    assert (again.status_code, again.json()) == (200, first.json())
    assert feed.get("/Patient")["total"] == 1
    feed.put({**ADA, "id": "b"})
    refused = feed.ask("POST", path, ADA, **headers)
    assert_refused(refused, 412, "multiple-matches", "The criteria match more than one Patient")


def test_a_conditional_update_changes_the_only_match(feed: Endpoint):
    created = feed.ask("PUT", f"/Patient?{WHO}", {**ADA, "id": "mine"})
    assert (created.status_code, created.json()["id"]) == (201, "mine")
    updated = feed.ask("PUT", f"/Patient?{WHO}", {**ADA, "id": "other", "gender": "male"})
    assert (updated.status_code, updated.json()["id"]) == (200, "mine")
    assert feed.get("/Patient?_id=mine")["total"] == 1
    feed.put({**ADA, "id": "b"})
    assert feed.ask("PUT", f"/Patient?{WHO}", ADA).status_code == 412


def test_conditional_update_under_an_id_that_is_taken_is_a_conflict(feed: Endpoint):
    feed.put({"resourceType": "Patient", "id": "mine", "gender": "female"})
    assert feed.ask("PUT", f"/Patient?{WHO}", {**ADA, "id": "mine"}).status_code == 409


def test_a_conditional_delete_removes_the_only_match(feed: Endpoint):
    nothing = feed.ask("DELETE", f"/Patient?{WHO}")
    assert_refused(nothing, 404, "not-found", "The criteria match no Patient")
    stored = feed.put({**ADA, "id": "a"})
    response = feed.ask("DELETE", f"/Patient?{WHO}")
    assert (response.status_code, response.json()) == (200, stored)
    twice(feed)
    assert feed.ask("DELETE", f"/Patient?{WHO}").status_code == 412
    assert feed.get("/Patient")["total"] == 2


def test_conditional_delete_of_all(feed: Endpoint):
    twice(feed)
    feed.put({"resourceType": "Patient", "id": "someone-else"})
    headers = {"x_conditional_delete": "remove-all"}
    response = feed.ask("DELETE", f"/Patient?{WHO}", **headers)
    assert (response.status_code, response.content) == (204, b"")
    assert [bare(entry["resource"])["id"] for entry in feed.get("/Patient")["entry"]] == ["someone-else"]
    assert feed.ask("DELETE", f"/Patient?{WHO}", **headers).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    "query", ["", "?", "?_format=json", "?shoe-size=9", "?birthdate=soon", "?identifier=", "?_sort=name", "?_count=1"]
)
def test_criteria_that_select_nothing_in_particular_are_refused(feed: Endpoint, method: str, query: str):
    twice(feed)
    assert feed.ask(method, f"/Patient{query}", ADA if method == "PUT" else None).status_code == 400
    assert feed.get("/Patient")["total"] == 2
