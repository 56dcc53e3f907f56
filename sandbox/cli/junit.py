"""A conformance run as JUnit XML, one test case a step."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot contain (https://www.w3.org/TR/xml/#charsets)."""


def junit_text(run: dict[str, Any]) -> str:
    """Return the document of a run as the control API shows it."""
    steps = run["steps"]
    attributes = {
        "name": f"conformance.{run['profile']}",
        "tests": str(len(steps)),
        "failures": str(sum(step["state"] == "failed" for step in steps)),
        "skipped": str(sum(step["state"] == "skipped" for step in steps)),
        "time": f"{sum(step['seconds'] for step in steps):.3f}",
    }
    suite = ElementTree.Element("testsuite", attributes)
    for step in steps:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            {"classname": f"conformance.{run['profile']}", "name": step["name"], "time": f"{step['seconds']:.3f}"},
        )
        failed = [row for row in step["judged"] if not row["passed"]]
        if failed:
            summary = "; ".join(f"{row['rule']}: expected {row['expected']}" for row in failed)
            failure = ElementTree.SubElement(case, "failure", {"message": _clean(f"{step['title']}: {summary}")})
            failure.text = _clean("\n".join(_lines(failed)))
        elif step["state"] == "skipped":
            ElementTree.SubElement(case, "skipped")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _lines(failed: list[dict[str, Any]]) -> list[str]:
    return [
        f"{row['rule']}: expected {row['expected']}; came: {row['actual']}; exchanges: {', '.join(row['exchanges'])}"
        for row in failed
    ]


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
