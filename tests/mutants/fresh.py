"""Which tests run a line, and whether they notice a fault there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from coverage import CoverageData

from tests.mutants.sites import Mutant

ROOT = Path(__file__).parents[2]
NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "node_modules")
"""Names that no test needs: tools' own folders and what they produce."""
FIRST = 150
"""Tests that run a fault first: the nearest by name. Only when none of them notices do all the others run."""
SECONDS_PER_FAULT = 1200
ALSO_NEAR = ("journeys",)
"""Folders of tests that are near every module, after those that mirror it."""
WITHOUT_A_ROOM = ("http", "store", "worlds")
"""Folders that are near a module that none mirrors."""

Lines = Mapping[str, Mapping[int, Sequence[str]]]
"""File below the root → line → the ids of the tests that run it."""


def copy_of_the_project() -> Path:
    """A copy of the project, in a temporary folder."""
    copy = Path(tempfile.mkdtemp(prefix="mutants-"))
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
    return copy


def measure(data_file: Path) -> None:
    """Runs the whole suite once and notes which test runs which line."""
    copy = copy_of_the_project()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--cov", "--cov-context=test", "--cov-report="]
    try:
        subprocess.run(command, cwd=copy, check=False, env=_environment(copy))
        shutil.copy(copy / ".coverage", data_file)
    finally:
        shutil.rmtree(copy)


def lines_of(data_file: Path) -> Lines:
    """The lines that `measure` recorded."""
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


def near_tests(below: Path) -> list[str]:
    """Test files that mirror a module: those named for it, then its folder, its room, and the journeys."""
    room = below.with_suffix("").parts[1]
    files = [file for folder in (room, *ALSO_NEAR) for file in (ROOT / "tests" / folder).rglob("test_*.py")]
    files += (ROOT / "tests").glob(f"test_{room}*.py")
    if not (ROOT / "tests" / room).is_dir():
        files += (file for folder in WITHOUT_A_ROOM for file in (ROOT / "tests" / folder).rglob("test_*.py"))
    place = Path("tests", *below.parts[1:-1])

    def distance(file: Path) -> tuple[bool, bool, int, str]:
        test = file.relative_to(ROOT)
        return room not in test.parts[1], test.parent != place, -_nearness(str(test), below), str(test)

    return [str(file.relative_to(ROOT)) for file in sorted(files, key=distance)]


def noticed_near(mutant: Mutant, copy: Path, seconds: float) -> str:
    """The near test that notices the fault within some seconds, or empty: the near tests are too many to wait for.

    A fault that only distant tests notice survives here, so the share of survivors is at most too high.
    """
    with _fault(mutant, copy), suppress(subprocess.TimeoutExpired):
        return _failing_test(near_tests(mutant.file.relative_to(ROOT)), copy, seconds)
    return ""


def noticed(mutant: Mutant, tests: Sequence[str], copy: Path) -> str:
    """The test that notices the fault, or empty. A run that never ends counts as noticed."""
    below = mutant.file.relative_to(ROOT)
    near = sorted(tests, key=lambda test: -_nearness(test, below))
    with _fault(mutant, copy):
        try:
            return _failing_test(near[:FIRST], copy, SECONDS_PER_FAULT) or _failing_test(
                near[FIRST:], copy, SECONDS_PER_FAULT
            )
        except subprocess.TimeoutExpired:
            return "a run that does not end"


@contextmanager
def _fault(mutant: Mutant, copy: Path) -> Iterator[None]:
    """The copy of the project with the fault in it, until the block ends."""
    target = copy / mutant.file.relative_to(ROOT)
    original = target.read_text(encoding="utf-8")
    try:
        target.write_text(mutant.text(), encoding="utf-8")
        yield
    finally:
        target.write_text(original, encoding="utf-8")


def _nearness(test: str, below: Path) -> int:
    return sum(word in test for part in below.with_suffix("").parts for word in part.split("_"))


def _failing_test(tests: Sequence[str], copy: Path, seconds: float) -> str:
    """The first test that fails, or empty. Raises TimeoutExpired."""
    if not tests:
        return ""
    ids = copy / "tests.txt"
    ids.write_text("\n".join(tests), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", f"@{ids}"]
    done = subprocess.run(command, cwd=copy, env=_environment(copy), capture_output=True, text=True, timeout=seconds)
    if done.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else f"exit code {done.returncode}"


def _test_id(context: str) -> str:
    return context.rpartition("|")[0] or context


def _environment(copy: Path) -> dict[str, str]:
    """Without byte code, which would outlive a fault that is taken back within the same second.

    The path is for processes that tests start in other folders: they must not import the installed project.
    """
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
