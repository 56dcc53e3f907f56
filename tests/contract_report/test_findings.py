"""The findings of a report, built from exchanges: their order, their numbers, and what is left out; and its pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.contract.evidence import render_page
from sandbox.contract.findings import MOST_IDS, find
from sandbox.contract.formats.html import render_html
from sandbox.contract.report import report
from sandbox.contract.rules import contract_rule_of
from sandbox.worlds.exchange import Exchange
from tests.contract_report.test_forms import REPORT, pack
from tests.contract_report.test_observed import AT


def exchange(id_: str = "e", rule: str = "", status: int = 404, **values: Any) -> Exchange:
    explanation = {"id": rule} if rule else None
    defaults: dict[str, Any] = {"at": AT, "api": "facade", "method": "GET", "path": "/fhir/Patient/1"}
    return Exchange(id=id_, status=status, explanation=explanation, **{**defaults, **values})


def rows(*exchanges: Exchange) -> list[tuple[str, str, int]]:
    return [(finding.severity, finding.rule.id, finding.count) for finding in find(exchanges, frozenset())]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"rule": "a.b"}, [("refused", "a.b", 1)]),
        ({"rule": "a.b\nc.d"}, [("refused", "a.b", 1)]),
        ({}, [("refused", "sandbox.refused", 1)]),
        ({"status": 500}, [("refused", "sandbox.failed", 1)]),
        ({"rule": "a.b", "fault": "f-1"}, []),
        ({"status": 200}, []),
        ({"status": 200, "rule": "a.b"}, [("advice", "a.b", 1)]),
        ({"status": 200, "rule": "a.b\nc.d"}, [("advice", "a.b", 1), ("advice", "c.d", 1)]),
        ({"status": 200, "rule": "faults.delay"}, []),
        ({"status": 200, "rule": "a.b", "fault": "f-1"}, [("advice", "a.b", 1)]),
    ],
    ids=str,
)
def test_an_exchange_has_the_findings_of_its_explanation(values: dict[str, Any], expected: list[tuple[str, str, int]]):
    assert rows(exchange(**values)) == expected


def test_refusals_come_first_then_the_most_frequent_then_by_name():
    refused = [exchange(str(number), rule) for number, rule in enumerate(("b.b", "a.a", "c.c", "c.c"))]
    advised = [exchange("x", "d.d", 200), exchange("y", "d.d", 200), exchange("z", "e.e", 200)]
    expected = [("refused", "c.c", 2), ("refused", "a.a", 1), ("refused", "b.b", 1), ("advice", "d.d", 2)]
    assert rows(*advised, *refused) == [*expected, ("advice", "e.e", 1)]


def test_a_finding_names_its_first_hundred_exchanges_and_counts_all():
    (finding,) = find([exchange(str(number), "a.b") for number in range(MOST_IDS + 2)], frozenset())
    assert finding.count == MOST_IDS + 2
    assert finding.exchanges == [str(number) for number in range(MOST_IDS)]


def test_a_finding_names_each_cell_that_decided_once():
    cells = ("b.x.y, a.x.y", "a.x.y", "")
    (finding,) = find([exchange(cell, "a.b", cell=cell) for cell in cells], frozenset())
    assert finding.as_json()["cells"] == ["a.x.y", "b.x.y"]


def test_what_only_the_end_of_the_traffic_shows_is_a_finding():
    reads = [exchange(str(n), status=200, at=AT + timedelta(seconds=n), query="a=1") for n in range(5)]
    assert rows(*reads) == [("advice", "contract.polling", 1)]


@pytest.mark.parametrize(
    ("fail_on", "is_ok"),
    [
        ((), True),
        (("refused",), False),
        (("advice",), True),
        (("choice",), False),
        (("inferred",), True),
        (("documented",), True),
    ],
)
def test_a_report_fails_on_what_it_was_asked_to_fail_on(fail_on: tuple[str, ...], is_ok: bool):
    refused = exchange("1", "a.b", standing="choice")
    assert report([refused], frozenset(), fail_on)["ok"] is is_ok


@pytest.mark.parametrize(
    ("allowed", "reason", "is_ok"),
    [
        (None, None, False),
        ({"c.d": "other"}, None, False),
        ({"a.b": "on purpose"}, "on purpose", True),
        ({"a.b": ""}, "allowed without a reason", True),
    ],
    ids=str,
)
def test_an_allowed_rule_does_not_fail(allowed: dict[str, str] | None, reason: str | None, is_ok: bool):
    result = report([exchange("1", "a.b")], frozenset(), ("refused",), allowed)
    assert (result["findings"][0].get("allowed"), result["ok"]) == (reason, is_ok)


def test_standings_are_counted_without_the_answers_of_faults():
    exchanges = [
        exchange("1", status=200, standing="documented", operation="read Patient"),
        exchange("2", status=200, standing="choice", operation="b"),
        exchange("3", status=200, standing="choice", operation="a"),
        exchange("4", status=200, standing="inferred"),
        exchange("5", status=200, standing="inferred", fault="f-1"),
        exchange("6", status=200),
    ]
    standings = report(exchanges, frozenset())["standings"]
    assert {word: standings[word] for word in ("documented", "inferred", "choice")} == {
        "documented": 1,
        "inferred": 1,
        "choice": 2,
    }
    assert [(row["operation"], row["standing"]) for row in standings["rest_on"]] == [
        ("a", "choice"),
        ("b", "choice"),
        ("facade", "inferred"),
        ("read Patient", "documented"),
    ]


@pytest.mark.parametrize(
    ("explanation", "text", "standing", "source"),
    [
        ({}, "made.up", "choice", "PKB is silent"),
        ({"rule": "R", "standing": "inferred", "source": "S", "instead": "I"}, "R", "inferred", "S"),
    ],
    ids=str,
)
def test_a_rule_that_no_ledger_has_is_described_by_the_exchange(
    explanation: dict[str, str], text: str, standing: str, source: str
):
    rule = contract_rule_of("made.up", explanation)
    assert (rule.text, rule.standing, rule.source) == (text, standing, source)
    assert rule.instead == explanation.get("instead", "")


@pytest.mark.parametrize("is_evidence", [True, False])
def test_what_traffic_says_is_text_on_a_page_and_no_markup(is_evidence: bool):
    finding = {**REPORT["findings"][0], "text": "<script>alert(1)</script>"}
    contents = {**REPORT, "findings": [finding]}
    page = render_page(pack(report=contents, scenarios=())) if is_evidence else render_html(contents)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>" not in page
