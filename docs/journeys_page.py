"""The generated part of journeys.md: the contract report of the repository's own journeys, from journeys.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.access.matrix import matrix
from sandbox.contract.coverage import offered_operations
from sandbox.contract.rules import contract_rule_of
from sandbox.facts import STANDINGS

FILE = Path(__file__).with_name("journeys.json")


def journeys() -> Iterator[str]:
    report = json.loads(FILE.read_text(encoding="utf-8"))
    yield from _coverage(report["coverage"])
    yield from _cells(report["cells"])
    yield from _standings(report["rest_on"])
    yield from _findings(report["findings"])


def _coverage(coverage: dict[str, list[str]]) -> Iterator[str]:
    yield "## Coverage"
    yield ""
    yield "| API | used | of | operations |"
    yield "|---|---|---|---|"
    for api, names in coverage.items():
        used = sorted(offered_operations()[api].intersection(names))
        listed = ", ".join(f"`{name}`" for name in used)
        yield f"| {api} | {len(used)} | {len(offered_operations()[api])} | {listed} |"
    yield ""


def _cells(cells: list[str]) -> Iterator[str]:
    yield "## Cells of the access matrix"
    yield ""
    yield "| cell | decision | standing |"
    yield "|---|---|---|"
    for id_, cell in matrix().items():
        if id_ in cells:
            yield f"| `{id_}` | {cell.decision} | {cell.standing} |"
    yield ""
    others = [id_ for id_, cell in matrix().items() if cell.decision == "allowed" and id_ not in cells]
    yield f"Allowed, and decided in no journey: {', '.join(f'`{id_}`' for id_ in others) or 'none'}."
    yield ""


def _standings(rest_on: list[dict[str, str]]) -> Iterator[str]:
    yield "## What the answers rest on"
    yield ""
    yield "The weakest standing of an answer, for every operation."
    yield ""
    yield "| standing | operations |"
    yield "|---|---|"
    for standing in STANDINGS:
        names = (f"`{row['operation']}`" for row in rest_on if row["standing"] == standing)
        yield f"| {standing} | {', '.join(names)} |"
    yield ""


def _findings(findings: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Findings"
    yield ""
    yield "| finding | rule | what it says | met in |"
    yield "|---|---|---|---|"
    for row in findings:
        rule = contract_rule_of(row["rule"], {})
        source = f"[{rule.standing}]({rule.source})" if rule.source.startswith("http") else rule.standing
        names = ", ".join(f"`{name.removeprefix('test_').removesuffix('.py')}`" for name in row["journeys"])
        text = rule.text.replace("|", chr(92) + "|")
        yield f"| {row['severity']} | `{rule.id}` ({source}) | {text} | {names} |"
