"""A small report in each of its forms, as a whole; and the numbers and order of what a pack holds."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest

from sandbox.contract.evidence import EvidencePack, collect, render_archive
from sandbox.contract.formats.junit import render_junit
from sandbox.contract.formats.markdown import render_markdown
from sandbox.contract.formats.sarif import render_sarif
from sandbox.contract.formats.text import render_text
from sandbox.contract.observed import DEEPEST, ObservedExchange, objects_in
from sandbox.contract.report import report as report_of
from sandbox.worlds.exchange import Exchange, Passed
from tests.contract_report.test_observed import AT, FINDING

Json = dict[str, Any]
LONG = "a-word-of-many-hyphens-that-is-longer-than-a-line-of-the-terminal-may-be-at-all-and-is-kept-whole"
REPORT: Json = {
    "ok": False,
    "fail_on": ["refused"],
    "summary": {"exchanges": 1, "accepted": 0, "refused": 1, "failed": 0},
    "coverage": {"hl7": {"used": ["ADT^A28"], "offered": 20}, "rest": {"used": [], "offered": 38}},
    "cells": ["customer.hl7.send_data"],
    "findings": [
        {**FINDING, "source": "https://a.example\nhttps://b.example", "instead": "Less", "allowed": "on purpose"},
        {**FINDING, "severity": "refused", "rule": "x.y", "text": LONG, "count": 1, "cells": []},
    ],
    "standings": {
        "documented": 1,
        "inferred": 0,
        "choice": 2,
        "rest_on": [{"operation": "a", "standing": "choice"}, {"operation": "b", "standing": "documented"}],
    },
}
TEXT = f"""FAILED at level refused
1 exchange: 0 accepted, 1 refused, 0 failed

hl7: 1 of 20: ADT^A28
cells of the matrix: customer.hl7.send_data

ADVICE contract.polling (2 times, choice, allowed: on purpose)
  Too often
  instead: Less
  cell: partner.facade.read_clinical
  source: https://a.example https://b.example

REFUSED x.y (once, choice)
  {LONG}
  source: PKB is silent

rests on: 1 documented, 0 inferred, 2 choice
  choice: a
"""
MARKDOWN = f"""## PKB contract: failed

1 exchange: 0 accepted, 1 refused, 0 failed. Fails on: refused.

| finding | times | rule | cell | instead | standing |
|---|---|---|---|---|---|
| advice, allowed: on purpose: Too often | 2 | [`contract.polling`](https://a.example) | \
`partner.facade.read_clinical` | Less | choice |
| refused: {LONG} | 1 | `x.y` |  |  | choice |

| API | used | of | operations |
|---|---|---|---|
| hl7 | 1 | 20 | ADT^A28 |

Answers rest on: 1 documented, 0 inferred, 2 choice.
"""


def test_a_report_is_written_as_text():
    assert render_text(REPORT) == TEXT
    several = {**REPORT, "summary": {**REPORT["summary"], "exchanges": 2}, "fail_on": [], "ok": True}
    assert render_text(several).startswith("PASSED at level none\n2 exchanges: ")


def test_a_report_is_written_as_markdown():
    first, second = REPORT["findings"]
    assert render_markdown({**REPORT, "findings": [{**first, "source": "https://a.example"}, second]}) == MARKDOWN
    several = {**REPORT, "summary": {**REPORT["summary"], "exchanges": 2}, "fail_on": [], "findings": [], "ok": True}
    text = render_markdown(several)
    assert text.startswith(
        "## PKB contract: passed\n\n2 exchanges: 0 accepted, 1 refused, 0 failed. Fails on: nothing."
    )
    assert "| finding |" not in text


def test_a_report_is_written_as_junit():
    suite = ElementTree.fromstring(render_junit(REPORT))
    allowed, refused = suite.findall("testcase")
    (failure,) = refused
    assert list(allowed) == []
    assert failure.get("message") == f"{LONG} Instead:  Cell: none Source: PKB is silent"
    assert failure.text == "e1\ne2"
    named = render_junit({**REPORT, "findings": [{**REPORT["findings"][1], "cells": ["a", "b"]}]})
    assert " Cell: a, b Source: " in named


def test_a_report_is_written_as_sarif():
    (run,) = json.loads(render_sarif({"findings": [*REPORT["findings"], REPORT["findings"][0]]}))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule.get("helpUri"), rule["help"]["text"]) for rule in rules] == [
        ("contract.polling", "https://a.example", "Less"),
        ("x.y", None, LONG),
    ]
    results = [(row["level"], row["message"]["text"], row.get("suppressions") is None) for row in run["results"]]
    advice = ("warning", "Too often Instead: Less", False)
    assert results == [advice, ("error", LONG, True), advice]


def pack(**parts: Any) -> EvidencePack:
    scenarios = (("ü", ({"b": 1, "a": 2},)), ("second", ()))
    fields: Json = {"version": "1", "world": "w", "made_at": "2026", "dropped": 0, "steps": (), "with_bodies": True}
    return EvidencePack(**{**fields, "report": {"b": "é", "a": 1}, "scenarios": scenarios, **parts})


def test_the_digest_is_that_of_the_sorted_json():
    text = '[{"a": 1, "b": "é"}, [["ü", [{"a": 2, "b": 1}]], ["second", []]]]'
    assert pack().digest == hashlib.sha256(text.encode()).hexdigest()


def control(report: Json) -> EvidencePack:
    """A pack of an empty journal, with a report of its own."""
    answers: Json = {
        "/exchanges": {"exchanges": [], "dropped": 3},
        "/health/ready": {"version": "1"},
        "/world": {"organisations": [{"name": "A"}, {"name": "B"}]},
        "/clock": {"now": "2026-11-27T09:00:00Z"},
    }
    return collect(lambda method, path, body=None, query=None: answers[path], report, with_bodies=True)


@pytest.mark.parametrize(
    ("used", "cells", "marks"),
    [
        ({}, [], "-----"),
        ({"oauth": ["token"]}, [], "---x-"),
        ({"hl7": ["ADT^A28"]}, ["customer.hl7.send_data"], "xxxxx"),
        ({"facade": ["read Patient"]}, ["partner.facade.read_clinical_from_others"], "xxx--"),
        ({"facade": []}, ["partner.facade.read_clinical"], "x----"),
    ],
)
def test_a_step_is_shown_by_what_was_used(used: Json, cells: list[str], marks: str):
    coverage = {api: {"used": names} for api, names in used.items()}
    steps = control({"cells": cells, "coverage": coverage}).steps
    assert "".join("x" if is_shown else "-" for _, _, is_shown in steps) == marks


def test_a_pack_names_its_world_and_what_the_journal_dropped():
    collected = control({"cells": [], "coverage": {}})
    assert (collected.world, collected.dropped, collected.made_at) == ("A, B", 3, "2026-11-27T09:00:00Z")


def test_an_archive_has_numbered_scenarios_and_no_time_of_its_own():
    common: Json = {"at": AT, "api": "hl7", "method": "POST", "path": "/services/hl7", "status": 200}
    exchanges = [Exchange(id=name, scenario=name, **common) for name in "ab"]
    rows = tuple((exchange.scenario, (exchange.as_json(),)) for exchange in exchanges)
    archive = zipfile.ZipFile(
        io.BytesIO(render_archive(pack(report=report_of(exchanges, frozenset()), scenarios=rows)))
    )
    names = ["evidence.html", "report.json", "scenarios/001.json", "scenarios/002.json", "SHA256SUMS"]
    assert archive.namelist() == names
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(("levels", "is_reached"), [(0, True), (DEEPEST, True), (DEEPEST + 1, False)])
def test_objects_are_searched_down_to_the_deepest_level(levels: int, is_reached: bool):
    nested: Any = {"identifier": {"value": "deep"}}
    for _ in range(levels):
        nested = {"item": nested}
    assert ("identifier" in [name for name, _ in objects_in(nested)]) is is_reached


@pytest.mark.parametrize(("count", "read"), [(1000, 1000), (1001, 0)])
def test_a_query_is_read_up_to_a_thousand_parameters(count: int, read: int):
    query = "&".join(f"a={number}" for number in range(count))
    exchange = Exchange(id="e", at=AT, api="facade", method="GET", path="/fhir", query=query, request=Passed())
    assert len(ObservedExchange(exchange).query) == read
