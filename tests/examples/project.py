"""An example project in a folder of its own, run against a sandbox as its users run it, with or without a bug."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

EXAMPLES = Path(__file__).parents[2] / "examples"
BUILT = ("node_modules", "target", "bin", "obj", "pacts")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Bug:
    """A text of one file, and what stands there instead; the report of the tests must contain each of `reasons`."""

    file: str
    text: str
    instead: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """The exit code and the whole output of a project's tests, without colours."""

    code: int
    output: str


def copy_project(name: str, folder: Path, bug: Bug | None = None) -> Path:
    """Copy `examples/<name>`, without what was built in it, and put the bug in."""
    project = folder / name
    shutil.copytree(EXAMPLES / name, project, ignore=shutil.ignore_patterns(*BUILT))
    if bug is not None:
        file = project / bug.file
        text = file.read_text(encoding="utf-8")
        assert text.count(bug.text) == 1, f"{bug.file} does not contain once: {bug.text}"
        file.write_text(text.replace(bug.text, bug.instead), encoding="utf-8")
    return project


def run(project: Path, command: list[str], url: str, **environment: str) -> Run:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PKB_SANDBOX_")}
    variables |= {"PKB_SANDBOX_URL": url, "CI": "true", "NO_COLOR": "1", **environment}
    ran = subprocess.run(
        command,
        cwd=project,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
        encoding="utf-8",
        errors="replace",
    )
    return Run(ran.returncode, COLOURS.sub("", ran.stdout))


def workspaces_of(url: str, admin_token: str) -> list[str]:
    """The names of the workspaces that a server has."""
    response = httpx.get(f"{url}/_sandbox/workspaces", headers={"Authorization": f"Bearer {admin_token}"})
    return [workspace["name"] for workspace in response.json()["workspaces"]]


def assert_green(finished: Run, passed: str) -> None:
    assert finished.code == 0, finished.output
    assert passed in finished.output, finished.output


def assert_red(finished: Run, bug: Bug) -> None:
    assert finished.code != 0, finished.output
    for reason in bug.reasons:
        assert reason in finished.output, finished.output
