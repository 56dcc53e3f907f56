"""Names say what they hold: a word that could stand for anything is the name of nothing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(file for folder in ("sandbox", "tests", "benchmarks", "docs") for file in (ROOT / folder).rglob("*.py"))
VAGUE = frozenset(
    [
        "found",
        "one",
        "given",
        "known",
        "made",
        "told",
        "sent",
        "shown",
        "asked",
        "taken",
        "said",
        "who",
        "whoever",
        "wish",
        "thing",
        "here",
        "there",
    ]
)
OF_THE_FIELD = {("sandbox/model/patient.py", "given"), ("sandbox/model/intake.py", "given")}
"""Words of HL7 and FHIR that happen to be among them: a person's given name."""


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each variable, parameter and attribute that is assigned, each function and class, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_name_says_nothing(file: Path):
    below = str(file.relative_to(ROOT))
    tree = ast.parse(file.read_text(encoding="utf-8"))
    vague = [f"{below}:{line} {name}" for name, line in names(tree) if name in VAGUE]
    assert [row for row in vague if (below, row.rpartition(" ")[2]) not in OF_THE_FIELD] == []


def test_a_vague_name_would_be_noticed():
    tree = ast.parse("def told(given):\n    for one in given:\n        self.found = one\n")
    assert [name for name, _ in names(tree) if name in VAGUE] == ["told", "given", "one", "found"]


def test_a_class_name_has_a_single_meaning():
    modules: dict[str, list[str]] = defaultdict(list)
    for file in (ROOT / "sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                modules[node.name].append(str(file.relative_to(ROOT)))
    assert {name: files for name, files in modules.items() if len(files) > 1} == {}
