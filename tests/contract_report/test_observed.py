"""What rules of advice read of an exchange, and the forms of a report for pipelines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.contract.formats.junit import render_junit
from sandbox.contract.formats.sarif import render_sarif
from sandbox.contract.observed import DEEPEST, ObservedExchange, objects_in
from sandbox.worlds.exchange import Exchange, Passed

AT = datetime(2026, 11, 27, tzinfo=UTC)
FHIR_JSON = "application/fhir+json"


def observed(body: Any = None, media_type: str = FHIR_JSON, query: str = "", cut: int = 0) -> ObservedExchange:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Passed(body=content, media_type=media_type, length=len(content) + cut)
    exchange = Exchange(
        id="e1", at=AT, api="customer", method="POST", path="/customer/x/fhir/Patient", query=query, request=request
    )
    return ObservedExchange(exchange)


def test_the_resources_of_a_bundle_are_those_of_its_entries():
    entries = [{"resource": {"resourceType": "Patient"}}, {"request": {}}, "no object"]
    bundle = {"resourceType": "Bundle", "entry": entries}
    assert list(observed(bundle).resources) == [{"resourceType": "Patient"}]
    assert list(observed({"resourceType": "Bundle", "entry": "none"}).resources) == []
    assert list(observed({"resourceType": "Patient"}).resources) == [{"resourceType": "Patient"}]
    assert list(observed(["no object"]).resources) == []


@pytest.mark.parametrize(
    "exchange",
    [
        observed(b"{", FHIR_JSON),
        observed({"resourceType": "Patient"}, "application/fhir+xml"),
        observed({"resourceType": "Patient"}, cut=1),
        observed(b"[" * 100_000, FHIR_JSON),
    ],
    ids=["no JSON", "another type", "cut by the journal", "too deep"],
)
def test_what_cannot_be_read_is_none(exchange: ObservedExchange):
    assert exchange.request_json is None
    assert list(exchange.resources) == []


def test_a_query_with_too_many_parameters_is_not_read():
    assert observed({}, query="&".join(f"a={number}" for number in range(2000))).query == []
    assert observed({}, query="a=1&b=%20").query == [("a", "1"), ("b", " ")]


def test_objects_are_searched_to_a_depth():
    nested: Any = {"identifier": {"value": "deep"}}
    for _ in range(DEEPEST + 10):
        nested = {"item": nested}
    assert "identifier" not in [name for name, _ in objects_in(nested)]
    assert [name for name, _ in objects_in({"identifier": [{"value": "1"}, {"value": "2"}]})] == ["identifier"] * 2


FINDING = {
    "rule": "contract.polling",
    "severity": "advice",
    "text": "Too often",
    "instead": "",
    "standing": "choice",
    "source": "PKB is silent",
    "count": 2,
    "exchanges": ["e1", "e2"],
    "cells": ["partner.facade.read_clinical"],
}


def test_junit_has_cases_for_expectations_and_levels_that_are_no_findings():
    report = {"fail_on": ["refused", "advice", "choice"], "findings": [FINDING, {**FINDING, "allowed": "on purpose"}]}
    failures = [
        {"text": "Expected 1 exchange: none", "expected": {"count": 1}, "nearest": ["e1"]},
        {"text": "1 exchange answered by a choice: \x01", "expected": {"fail_on": "choice"}, "nearest": []},
        {"text": "advice: said as a finding", "expected": {"fail_on": "advice"}, "nearest": []},
    ]
    suite = ElementTree.fromstring(render_junit(report, failures))
    assert (suite.get("tests"), suite.get("failures")) == ("4", "3")
    assert "\x01" not in render_junit(report, failures)
    empty = ElementTree.fromstring(render_junit({"fail_on": [], "findings": []}))
    assert [case.get("name") for case in empty] == ["contract"]


def test_sarif_names_no_page_where_there_is_none_and_why_a_rule_is_allowed():
    (run,) = json.loads(render_sarif({"findings": [{**FINDING, "allowed": "on purpose"}]}))["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert "helpUri" not in rule
    assert rule["help"]["text"] == "Too often"
    assert run["results"][0]["suppressions"] == [{"kind": "external", "justification": "on purpose"}]
