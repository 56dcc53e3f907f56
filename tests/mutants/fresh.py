"""Runs tests against a fault in a process of its own: for lines that run once, such as those at import."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.coverage_of_tests import ROOT
from tests.mutants.sites import Mutant

NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "node_modules")
"""Names that no test needs: tools' own folders and what they produce."""


def noticed(mutant: Mutant, tests: Sequence[str], seconds: float) -> str:
    """The test that notices the fault in a copy of the project, or empty."""
    copy = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_COPIED), dirs_exist_ok=True)
        (copy / mutant.file.relative_to(ROOT)).write_text(mutant.text(), encoding="utf-8")
        return _failing_test(tests, copy, seconds)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _failing_test(tests: Sequence[str], copy: Path, seconds: float) -> str:
    """The first test that fails, or empty. Raises TimeoutExpired."""
    ids = copy / "tests.txt"
    ids.write_text("\n".join(tests), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", f"@{ids}"]
    # The path is for processes that tests start in other folders: they must not import the installed project.
    environment = {**os.environ, "CI": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=seconds)
    if done.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed else f"exit code {done.returncode}"
