"""The contract report: its shape, its levels, and the forms in which it is read."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from sandbox.contract.coverage import offered_operations
from tests.control.test_openapi import assert_described
from tests.hl7.samples import A28
from tests.support import Client

Json = dict[str, Any]
ANOTHER = "org_eastgate"


@pytest.fixture
def report(pkb: Client) -> Json:
    """Of a token, a refused and an accepted read, a refused and an accepted message."""
    pkb.tokens.clear()
    pkb.facade("/Patient/1")
    pkb.facade("/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379")
    pkb.send(A28)
    pkb.send(A28, ANOTHER)
    return pkb.control("/report")


def test_the_report_keeps_its_schema(pkb: Client, report: Json):
    schema = pkb.http.get("/_sandbox/report/schema.json")
    assert schema.headers["content-type"] == "application/schema+json"
    jsonschema.Draft202012Validator.check_schema(schema.json())
    jsonschema.validate(report, schema.json())
    assert_described("GET", "/report", pkb.http.get("/_sandbox/report"))


def test_the_report_counts_and_covers(report: Json):
    assert report["summary"] == {"exchanges": 5, "accepted": 3, "refused": 2, "failed": 0}
    assert report["coverage"]["hl7"]["used"] == ["ADT^A28"]
    assert report["coverage"]["facade"]["used"] == ["search-type Patient"]
    assert report["coverage"]["oauth"]["used"] == ["token client_credentials"]
    assert report["coverage"]["rest"] == {"used": [], "offered": len(offered_operations()["rest"])}
    assert report["cells"] == ["customer.hl7.send_data", "partner.facade.read_demographics"]
    assert report["ok"] is False
    assert sum(report["standings"][word] for word in ("documented", "inferred", "choice")) == 5


def test_a_refusal_is_a_finding_by_the_rule_of_its_explanation(pkb: Client, report: Json):
    refusals = [row for row in report["findings"] if row["severity"] == "refused"]
    exchanges = {row["id"]: row for row in pkb.control("/exchanges?outcome=refused")["exchanges"]}
    assert {id_ for row in refusals for id_ in row["exchanges"]} == set(exchanges)
    for row in refusals:
        explanation = pkb.http.get(exchanges[row["exchanges"][0]]["explain"]).json()
        assert row["rule"] == explanation["id"]
        assert row["source"]


def test_the_verdict_has_the_report_for_its_levels(pkb: Client, report: Json):
    rules = [row["rule"] for row in report["findings"] if row["severity"] == "refused"]
    allow = [{"rule": rule, "reason": "tried on purpose"} for rule in rules]
    verdict = pkb.http.post("/_sandbox/verify", json={"fail_on": ["refused"], "allow": allow}).json()
    assert (verdict["ok"], verdict["report"]["ok"], verdict["failures"]) == (True, True, [])
    assert {row.get("allowed") for row in verdict["report"]["findings"]} >= {"tried on purpose"}
    strict = pkb.http.post("/_sandbox/verify", json={"fail_on": ["inferred"], "allow": allow}).json()
    assert strict["report"]["fail_on"] == ["refused", "advice", "choice", "inferred"]
    assert strict["ok"] is strict["report"]["ok"] is False


@pytest.mark.parametrize(
    ("accept", "media_type", "part"),
    [
        ("text/plain", "text/plain", "FAILED at level refused"),
        ("text/markdown", "text/markdown", "## PKB contract: failed"),
        ("text/html,application/xhtml+xml", "text/html", "<h1>Contract report"),
        ("application/json, text/plain", "application/json", '"fail_on"'),
        ("*/*", "application/json", '"fail_on"'),
    ],
)
def test_the_accept_header_chooses_the_form(pkb: Client, report: Json, accept: str, media_type: str, part: str):
    response = pkb.http.get("/_sandbox/report", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert part in response.text


def test_the_text_fits_the_terminal(pkb: Client, report: Json):
    lines = pkb.http.get("/_sandbox/report", headers={"Accept": "text/plain"}).text.splitlines()
    assert [line for line in lines if len(line) > 80 and "http" not in line] == []


def test_the_page_shows_hostile_text_as_text_and_runs_nothing(pkb: Client):
    pkb.facade("/Patient/<script>alert(1)<%2Fscript>")
    pkb.http.get("/fhir/Patient?x=<script>")
    page = pkb.http.get("/_sandbox/report", headers={"Accept": "text/html"})
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_markdown_of_hostile_text_is_text():
    from sandbox.contract.formats.markdown import _text

    assert _text("a|b <img src=x> [x](http://evil.example)\n# y") == (
        "a\\|b \\<img src=x\\> \\[x\\]\\(http://evil.example\\) \\# y"
    )


def test_an_empty_world_passes(pkb: Client):
    report = pkb.control("/report")
    assert (report["ok"], report["findings"], report["cells"]) == (True, [], [])


def test_junit_has_a_case_for_each_finding(report: Json):
    from sandbox.contract.formats.junit import render_junit

    suite = ElementTree.fromstring(render_junit(report))
    names = [case.get("name") for case in suite.iter("testcase")]
    assert names == [row["rule"] for row in report["findings"]]
    failing = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert failing == {row["rule"] for row in report["findings"] if row["severity"] == "refused"}
    assert suite.get("failures") == str(len(failing))


def test_sarif_has_a_rule_and_a_result_for_each_finding(report: Json):
    from sandbox.contract.formats.sarif import render_sarif

    (run,) = json.loads(render_sarif(report))["runs"]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [result["ruleId"] for result in run["results"]] == [row["rule"] for row in report["findings"]]
    assert set(ids) == {result["ruleId"] for result in run["results"]}
    assert {result["level"] for result in run["results"]} <= {"error", "warning"}
