"""Faults that change nothing: `equivalent.toml` names each with its reason."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutants.coverage_of_tests import ROOT
from tests.mutants.sites import Mutant

ROWS: list[dict[str, str]] = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text(encoding="utf-8")).get(
    "fault", []
)


def is_equivalent(mutant: Mutant) -> bool:
    below = str(mutant.file.relative_to(ROOT))
    rows = [row["line"] for row in ROWS if row["file"] == below]
    return bool(rows) and mutant.text().splitlines()[mutant.line - 1].strip() in rows
