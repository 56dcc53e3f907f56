"""Which tests run a line, and whether they notice a fault there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from coverage import CoverageData

from tests.mutants.sites import Mutant

ROOT = Path(__file__).parents[2]
COPIED = (
    "sandbox",
    "tests",
    "fixtures",
    "capability_statements",
    "docs",
    "examples",
    "benchmarks",
    "pyproject.toml",
    "README.md",
)
FIRST = 150
"""Tests that run a fault first: the nearest by name. Only when none of them notices do all the others run."""
SECONDS_PER_FAULT = 1200

Lines = Mapping[str, Mapping[int, Sequence[str]]]
"""File below the root → line → the ids of the tests that run it."""


def copy_of_the_project() -> Path:
    """A copy of what the tests need, in a temporary folder."""
    copy = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copy(source, copy / name)
    return copy


def measure(data_file: Path) -> None:
    """Runs the whole suite once and notes which test runs which line."""
    copy = copy_of_the_project()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--cov", "--cov-context=test", "--cov-report="]
    try:
        subprocess.run(command, cwd=copy, check=False, env=_environment())
        shutil.copy(copy / ".coverage", data_file)
    finally:
        shutil.rmtree(copy)


def lines_of(data_file: Path) -> Lines:
    """What `measure` noted."""
    data = CoverageData(str(data_file))
    data.read()
    tests: dict[str, dict[int, list[str]]] = {}
    for file in data.measured_files():
        _, _, below = file.rpartition("/sandbox/")
        contexts = data.contexts_by_lineno(file)
        tests[f"sandbox/{below}"] = {
            line: sorted({_test_id(name) for name in contexts[line]} - {""}) for line in contexts
        }
    return tests


def survives(mutant: Mutant, tests: Sequence[str], copy: Path) -> bool:
    """Whether no test notices the fault. A run that never ends counts as noticed."""
    below = mutant.file.relative_to(ROOT)
    target = copy / below
    original = target.read_text(encoding="utf-8")
    near = sorted(tests, key=lambda test: -_nearness(test, below))
    try:
        target.write_text(mutant.text(), encoding="utf-8")
        return all(_passes(batch, copy) for batch in (near[:FIRST], near[FIRST:]) if batch)
    finally:
        target.write_text(original, encoding="utf-8")


def _nearness(test: str, below: Path) -> int:
    return sum(word in test for part in below.with_suffix("").parts for word in part.split("_"))


def _passes(tests: Sequence[str], copy: Path) -> bool:
    ids = copy / "tests.txt"
    ids.write_text("\n".join(tests), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", f"@{ids}"]
    try:
        done = subprocess.run(command, cwd=copy, env=_environment(), capture_output=True, timeout=SECONDS_PER_FAULT)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _test_id(context: str) -> str:
    return context.rpartition("|")[0] or context


def _environment() -> dict[str, str]:
    """Without byte code, which would outlive a fault that is taken back within the same second."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": ""}
