"""The report as SARIF 2.1.0, for code hosts that show findings beside the code.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

from typing import Any

from sandbox import __version__
from sandbox.base.readable import render_readable

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"refused": "error", "advice": "warning"}
"""Severity → level of SARIF."""


def render_sarif(report: Json, location: str = "pkb-sandbox") -> str:
    """Render the report. `location` is the file that findings are shown at: traffic has no line of code."""
    findings = report["findings"]
    run = {
        "tool": {
            "driver": {
                "name": "PKB Sandbox",
                "version": __version__,
                "rules": [_rule(finding) for finding in _one_per_rule(findings)],
            }
        },
        "results": [_result(finding, location) for finding in findings],
    }
    return render_readable({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _one_per_rule(findings: list[Json]) -> list[Json]:
    # A rule may have two findings, refused and advice; SARIF lists each rule once.
    return list({finding["rule"]: finding for finding in findings}.values())


def _rule(finding: Json) -> Json:
    rule: Json = {
        "id": finding["rule"],
        "shortDescription": {"text": finding["text"]},
        "help": {"text": finding["instead"] or finding["text"]},
        "properties": {"standing": finding["standing"]},
    }
    if finding["source"].startswith("http"):
        rule["helpUri"] = finding["source"].partition("\n")[0]
    return rule


def _result(finding: Json, location: str) -> Json:
    instead = f" Instead: {finding['instead']}" if finding["instead"] else ""
    result: Json = {
        "ruleId": finding["rule"],
        "level": LEVELS[finding["severity"]],
        "message": {"text": f"{finding['text']}{instead}"},
        "occurrenceCount": finding["count"],
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": location}}}],
        "properties": {"exchanges": finding["exchanges"], "cells": finding["cells"]},
    }
    if "allowed" in finding:
        # SARIF 2.1.0, 3.35: external, because it was decided by `--allow`, not in a line of the code.
        result["suppressions"] = [{"kind": "external", "justification": finding["allowed"]}]
    return result
