"""The report for a terminal: lines of at most 80 characters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

WIDTH = 80
Json = dict[str, Any]


def render_text(report: Json, width: int = WIDTH) -> str:
    return "\n".join(_lines(report, width)) + "\n"


def _lines(report: Json, width: int) -> Iterator[str]:
    summary = report["summary"]
    yield f"{'PASSED' if report['ok'] else 'FAILED'} at level {', '.join(report['fail_on']) or 'none'}"
    outcomes = ", ".join(f"{summary[name]} {name}" for name in ("accepted", "refused", "failed"))
    noun = "exchange" if summary["exchanges"] == 1 else "exchanges"
    yield f"{summary['exchanges']} {noun}: {outcomes}"
    yield ""
    for api, row in report["coverage"].items():
        if row["used"]:
            yield from _wrapped(f"{api}: {len(row['used'])} of {row['offered']}: {', '.join(row['used'])}", width, "")
    if report["cells"]:
        yield from _wrapped(f"cells of the matrix: {', '.join(report['cells'])}", width, "")
    for finding in report["findings"]:
        yield ""
        yield from _finding(finding, width)
    standings = report["standings"]
    yield ""
    yield "rests on: " + ", ".join(f"{standings[word]} {word}" for word in ("documented", "inferred", "choice"))
    for row in standings["rest_on"]:
        if row["standing"] != "documented":
            yield from _wrapped(f"{row['standing']}: {row['operation']}", width, "  ")


def _finding(finding: Json, width: int) -> Iterator[str]:
    allowed = f", allowed: {finding['allowed']}" if "allowed" in finding else ""
    head = f"{finding['severity'].upper()} {finding['rule']} ({finding['count']} times, {finding['standing']}{allowed})"
    yield from _wrapped(head.replace("(1 times", "(once"), width, "")
    yield from _wrapped(finding["text"], width, "  ")
    if finding["instead"]:
        yield from _wrapped(f"instead: {finding['instead']}", width, "  ")
    if finding["cells"]:
        yield from _wrapped(f"cell: {', '.join(finding['cells'])}", width, "  ")
    yield from _wrapped(f"source: {finding['source']}", width, "  ")


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    wrapper = textwrap.TextWrapper(width, initial_indent=indent, subsequent_indent=f"{indent}  ")
    # Addresses and rule ids stay whole, to be copied.
    wrapper.break_on_hyphens = wrapper.break_long_words = False
    return wrapper.wrap(" ".join(text.split()))
