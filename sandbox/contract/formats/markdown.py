"""The report for a pull request: Markdown, with everything from the traffic escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def render_markdown(report: Json) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Json) -> Iterator[str]:
    summary, standings = report["summary"], report["standings"]
    yield f"## PKB contract: {'passed' if report['ok'] else 'failed'}"
    yield ""
    outcomes = ", ".join(f"{summary[name]} {name}" for name in ("accepted", "refused", "failed"))
    noun = "exchange" if summary["exchanges"] == 1 else "exchanges"
    yield f"{summary['exchanges']} {noun}: {outcomes}. Fails on: {', '.join(report['fail_on']) or 'nothing'}."
    if report["findings"]:
        yield ""
        yield "| finding | times | rule | cell | instead | standing |"
        yield "|---|---|---|---|---|---|"
        for finding in report["findings"]:
            yield _row(finding)
    yield ""
    yield "| API | used | of | operations |"
    yield "|---|---|---|---|"
    for api, row in report["coverage"].items():
        if row["used"]:
            yield f"| {api} | {len(row['used'])} | {row['offered']} | {_text(', '.join(row['used']))} |"
    yield ""
    parts = [f"{standings[word]} {word}" for word in ("documented", "inferred", "choice")]
    yield f"Answers rest on: {', '.join(parts)}."


def _row(finding: Json) -> str:
    source = finding["source"]
    rule = f"[`{finding['rule']}`]({source})" if source.startswith("http") else f"`{finding['rule']}`"
    severity = (
        f"{finding['severity']}, allowed: {_text(finding['allowed'])}" if "allowed" in finding else finding["severity"]
    )
    text = _text(finding["text"])
    cells, instead = ", ".join(f"`{cell}`" for cell in finding["cells"]), _text(finding["instead"])
    return f"| {severity}: {text} | {finding['count']} | {rule} | {cells} | {instead} | {finding['standing']} |"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
