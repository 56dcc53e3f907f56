"""Every FHIR example gets the status that the index says, and a feed reaches Aggregated whole."""

from __future__ import annotations

import json

import httpx
import pytest

from sandbox.base import datafiles
from sandbox.examples.example import Example
from sandbox.examples.index import all_examples
from sandbox.examples.making.fhir_feeds import feed_types
from sandbox.fhir.resources.requirements import RULES, unmet_requirements
from tests.example_files.test_hl7_files import post
from tests.support import Client

REQUESTS = {name: example for name, example in all_examples().items() if example.kind == "fhir"}
FEEDS = [name for name, example in REQUESTS.items() if example.variant == "feed"]
OTHERS = [name for name in REQUESTS if name not in FEEDS]
MERGED = {"Organization", "Patient", "Practitioner"}
"""Types of which Aggregated has some already: with the same key a resource joins one of them."""
IN_R4 = {"ProcedureRequest": "ServiceRequest"}


def send(pkb: Client, example: Example) -> httpx.Response:
    if example.kind == "hl7":
        ack, _ = post(pkb, example)
        assert ack.code == "AA"
        return httpx.Response(200)
    headers = {"Authorization": f"Bearer {pkb.token(example.user)}", "Content-Type": "application/fhir+json"}
    if example.organisation:
        headers["X-Org-Public-Id"] = example.organisation
    content = datafiles.read_example(example.files[0])
    return pkb.http.request(example.method, example.path, content=content, headers=headers)


@pytest.mark.parametrize("name", OTHERS)
def test_a_request_gets_the_status_and_the_text_of_its_row(pkb: Client, name: str):
    example = REQUESTS[name]
    for before in example.after:
        send(pkb, all_examples()[before])
    response = send(pkb, example)
    assert response.status_code == example.status, response.text
    assert example.cell in response.headers["pkb-sandbox-cell"].split(", ")
    if example.text:
        assert response.json()["issue"][0]["diagnostics"] == example.text
    if example.variant in ("skipped", "advised"):
        expected = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["expected"]
        assert ("is not in Aggregated" in expected) == (example.variant == "skipped")
        resource = json.loads(datafiles.read_example(example.files[0]))
        assert {finding.rule for finding in unmet_requirements(resource)} == {example.rule}
        return
    assert response.headers["pkb-sandbox-standing"] == example.standing
    if example.variant == "refused":
        assert pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["id"] == example.rule


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_is_stored_and_aggregated_without_anything_skipped(pkb: Client, name: str):
    example = REQUESTS[name]
    type_ = json.loads(datafiles.read_example(example.files[0]))["entry"][-1]["resource"]["resourceType"]
    type_ = IN_R4.get(type_, type_)
    headers = {"Authorization": f"Bearer {pkb.token(example.user)}"}
    before = pkb.http.get(f"/aggregated/fhir/{type_}?_summary=count", headers=headers).json()["total"]
    response = send(pkb, example)
    assert response.status_code == example.status, response.text
    assert {entry["response"]["status"] for entry in response.json()["entry"]} == {"201"}
    assert response.headers["pkb-sandbox-cell"] == example.cell
    assert response.headers["pkb-sandbox-standing"] == example.standing
    assert "pkb-sandbox-explain" not in response.headers
    after = pkb.http.get(f"/aggregated/fhir/{type_}?_summary=count", headers=headers).json()["total"]
    assert after > before or type_ in MERGED


def test_each_aggregated_type_has_a_feed_in_both_releases():
    names = {name.removeprefix("customer_").replace("_", "") for name in FEEDS}
    assert names == {f"{release}{type_.lower()}" for release in ("r4", "stu3") for type_ in feed_types(release)}


def test_each_requirement_that_aggregation_has_is_shown():
    rules = {example.rule for example in REQUESTS.values() if example.variant in ("skipped", "advised")}
    assert rules == {f"customer.requirement-{rule}" for rule in RULES}
