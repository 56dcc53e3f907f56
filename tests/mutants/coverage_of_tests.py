"""Which tests run a line: measured once for each folder of tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

from coverage import CoverageData

ROOT = Path(__file__).parents[2]
NOT_MEASURED = (
    "browser", "container", "contract", "docs", "examples", "fuzz", "journeys", "mutants", "postures", "tables",
)  # fmt: skip
"""Folders of tests that need other programs, that test no code, or that run so many lines that they tell none apart."""
AT_IMPORT = ""
"""Stands among the tests of a line for its run while modules are imported."""


def measure(folder: Path) -> None:
    """Run each folder of tests that has no data file yet, and record which test runs which line."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "coverage.ini"
    config.write_text("[run]\nsource = sandbox\n", encoding="utf-8")
    for name, paths in _folders().items():
        if (folder / name).is_file():
            continue
        print(f"recording which test of tests/{name} runs which line, into {folder / name}", flush=True)
        options = ["--cov", f"--cov-config={config}", "--cov-context=test", "--cov-report="]
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", *options, *paths]
        environment = {**os.environ, "CI": "1", "COVERAGE_FILE": str((folder / name).absolute())}
        subprocess.run(command, cwd=ROOT, check=False, env=environment)


def _folders() -> dict[str, list[str]]:
    tests = ROOT / "tests"
    folders = {path.name: [f"tests/{path.name}"] for path in sorted(tests.iterdir()) if any(path.glob("**/test_*.py"))}
    measured = {name: paths for name, paths in folders.items() if name not in NOT_MEASURED}
    return {**measured, "top": [f"tests/{path.name}" for path in sorted(tests.glob("test_*.py"))]}


class Lines:
    """The tests that run each line, by file below the root."""

    def __init__(self, folder: Path) -> None:
        self._data = [_read(path) for path in sorted(folder.iterdir()) if path.suffix == ""]
        self.tests = frozenset(name.rpartition("|")[0] for data in self._data for name in data.measured_contexts())
        self._paths = [{_below(path): path for path in data.measured_files()} for data in self._data]

    @cache  # noqa: B019 - lives as long as the process
    def of(self, below: str) -> dict[int, frozenset[str]]:
        """The ids of the tests that run each line of a file, with AT_IMPORT for a run without a test."""
        tests: dict[int, set[str]] = defaultdict(set)
        for data, paths in zip(self._data, self._paths, strict=True):
            if below in paths:
                for line, contexts in data.contexts_by_lineno(paths[below]).items():
                    tests[line].update(context.rpartition("|")[0] for context in contexts)
        return {line: frozenset(names) for line, names in tests.items()}


def _read(path: Path) -> CoverageData:
    data = CoverageData(str(path))
    data.read()
    return data


def _below(path: str) -> str:
    return "sandbox/" + path.rpartition("/sandbox/")[2]
