"""The contract report of all journeys as one: `python -m tests.replay.journeys.report` writes `docs/journeys.json`.

Each journey is judged by itself, as its world is its own. Numbers of exchanges, which depend on the machine, are left
out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.facts import STANDINGS

Json = dict[str, Any]
ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs/journeys.json"


def record(folder: Path) -> None:
    """Run the journeys, and write what each sent, with its contract report. Raises CalledProcessError."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.replay.journeys.recorder"]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    variables["PKB_SANDBOX_TEST_RECORD_TO"] = str(folder)
    subprocess.run([*command, "tests/journeys"], cwd=ROOT, env=variables, check=True, timeout=1500)


def merged(folder: Path) -> Json:
    """Merge the reports of the journeys in a folder: what any of them used, met and rested on."""
    reports = [
        (row["name"].partition("::")[0].rpartition("/")[2], report)
        for file in sorted(folder.glob("*/journey.json"))
        for row in [json.loads(file.read_text(encoding="utf-8"))]
        for report in row["reports"]
    ]
    used: dict[str, set[str]] = {}
    cells: set[str] = set()
    findings: dict[tuple[str, str], set[str]] = {}
    rest_on: set[tuple[str, str]] = set()
    for name, report in reports:
        for api, row in report["coverage"].items():
            used.setdefault(api, set()).update(row["used"])
        cells.update(report["cells"])
        for row in report["findings"]:
            findings.setdefault((row["severity"], row["rule"]), set()).add(name)
        rest_on.update((row["operation"], row["standing"]) for row in report["standings"]["rest_on"])
    return {
        "coverage": {api: sorted(names) for api, names in used.items()},
        "cells": sorted(cells),
        "findings": _findings(findings.items()),
        "rest_on": [
            {"operation": operation, "standing": standing}
            for operation, standing in sorted(rest_on, key=lambda row: (STANDINGS.index(row[1]), row[0]))
        ],
    }


def _findings(rows: Iterable[tuple[tuple[str, str], set[str]]]) -> list[Json]:
    ordered = sorted(rows, key=lambda row: (row[0][0] != "refused", row[0][1]))
    return [
        {"severity": severity, "rule": rule, "journeys": sorted(names)}
        for (severity, rule), names in ordered
        if rule != "contract.polling"  # whether reads follow within seconds depends on the machine
    ]


def as_text(report: Json) -> str:
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder_name:
        record(Path(folder_name))
        FILE.write_text(as_text(merged(Path(folder_name))), encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)} is written. Now: python docs/generate.py")
