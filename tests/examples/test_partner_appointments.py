"""The example partner in Python: its pipeline is clean, and fails with rule, cell and page for each of its bugs."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.examples.project import EXAMPLES, Run, copy_project, run

NAME = "partner-appointments"
WORKFLOW = ".github/workflows/tests.yml"
START, TESTS, DAY, VERIFY = "Start the sandbox", "Tests", "A day's work", "Verify the contract"
PAGES = "https://pkbdev.atlassian.net/wiki/spaces/api/pages/"
BUGS = {
    "uk-dates": ("refused by rule hl7.timestamp: ", "partner.hl7.send_data", "3365013095"),
    "local-times": ("advice by rule contract.hl7-time-without-zone: ", "partner.hl7.send_data", "3365012972/MSH"),
    "new-control-id": ("advice by rule contract.lost-message-renumbered: ", "partner.hl7.send_data", "3365012972/MSH"),
    "resend-refused": ("advice by rule contract.refused-message-resent: ", "partner.hl7.send_data", "3365012127"),
    "no-organisation": (
        "refused by rule access.organisation-header-required-400: ",
        "partner.facade.read_demographics",
        "3364618357",
    ),
    "number-without-system": (
        "refused by rule facade.identifier-needs-system-and-value: ",
        "partner.facade.read_demographics",
        "3364618357",
    ),
}
"""Bug → how the sentence begins, the cell that it names, and the page of PKB."""
CLEAN = {"PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="the steps of the pipeline are for bash")


def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(EXAMPLES / NAME / WORKFLOW)
    return loaded


def run_pipeline(folder: Path, bug: str = "") -> dict[str, Run]:
    """Run the steps of the pipeline as GitHub does, on a port of its own and without the installation.

    Return each step by its name. A step without a condition runs only if none has failed.
    """
    project, port = copy_project(NAME, folder), free_port()
    values = {name: value.replace("8080", str(port)) for name, value in workflow()["env"].items()}
    environment = {**values, **CLEAN, "PKB_SANDBOX_PORT": str(port), "PARTNER_APPOINTMENTS_BUG": bug}
    environment["PYTEST_ADDOPTS"] = "--exitfirst" if bug else ""
    environment["GITHUB_STEP_SUMMARY"] = str(folder / "summary.md")
    url = environment.pop("PKB_SANDBOX_URL")
    finished: dict[str, Run] = {}
    server = None
    try:
        for step in workflow()["jobs"]["contract"]["steps"]:
            name = step.get("name", "")
            if name == START:
                server = start(project, step["run"], environment)
            elif "run" in step and name != "Install" and (not failed(finished) or "if" in step):
                finished[name] = run(project, ["bash", "-eo", "pipefail", "-c", step["run"]], url, **environment)
    finally:
        if server is not None:
            os.killpg(server, signal.SIGTERM)
    return finished


def failed(finished: dict[str, Run]) -> list[str]:
    return [name for name, step in finished.items() if step.code]


def start(project: Path, script: str, environment: dict[str, str]) -> int:
    """Run the step that leaves the server running, and return its process group."""
    variables = {**os.environ, **environment}
    process = subprocess.Popen(
        ["bash", "-e", "-c", script], cwd=project, env=variables, stdin=subprocess.DEVNULL, start_new_session=True
    )
    assert process.wait(timeout=60) == 0
    return process.pid


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def named(finished: dict[str, Run], beginning: str) -> Run:
    return next(step for name, step in finished.items() if name.startswith(beginning))


@needs_bash
def test_its_pipeline_is_clean(tmp_path: Path):
    finished = run_pipeline(tmp_path)
    assert failed(finished) == [], finished
    assert "11 passed" in named(finished, TESTS).output
    day, verdict = named(finished, DAY).output, named(finished, VERIFY).output
    assert "A-1001: AA" in day
    assert "3 appointments as sent, 0 missing or different" in day
    assert "PASSED at level refused, advice" in verdict
    assert "## PKB contract: passed" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert (tmp_path / NAME / "evidence.html").is_file()


@needs_bash
@pytest.mark.parametrize("bug", BUGS)
def test_its_pipeline_names_rule_cell_and_page_of_a_bug(tmp_path: Path, bug: str):
    finished = run_pipeline(tmp_path, bug)
    assert {TESTS} <= set(failed(finished)), finished
    assert named(finished, VERIFY).code == 1
    beginning, cell, page = BUGS[bug]
    sentence = re.compile(rf"\d+ exchanges? .*{re.escape(beginning)}.*; cell .*{cell}.*; source .*{PAGES}{page}")
    for step in (TESTS, VERIFY):
        assert sentence.search(named(finished, step).output), named(finished, step).output
    of_contract = [line for line in named(finished, VERIFY).output.splitlines() if line.startswith("pkb-sandbox: ")]
    assert all(sentence.search(line) or bug in ALSO for line in of_contract), of_contract


ALSO = ("number-without-system",)
"""Bugs that break a second rule, too."""


def test_it_does_not_import_the_sandbox():
    for file in (EXAMPLES / NAME).rglob("*.py"):
        assert not re.search(r"^\s*(import|from) sandbox\b", file.read_text(encoding="utf-8"), re.M), file


def test_the_bugs_are_those_of_the_readme_and_of_this_test():
    specification = importlib.util.spec_from_file_location("bugs", EXAMPLES / NAME / "partner_appointments/bugs.py")
    assert specification is not None
    assert specification.loader is not None
    bugs = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(bugs)
    table = re.findall(r"^\| `([\w-]+)`: .* \| `([\w.-]+)` \|$", (EXAMPLES / NAME / "README.md").read_text(), re.M)
    assert list(bugs.BUGS) == list(BUGS) == [bug for bug, _ in table]
    assert [rule for _, rule in table] == [beginning.split()[-1].rstrip(":") for beginning, _, _ in BUGS.values()]


def test_its_pipeline_meets_the_schema_of_github():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    command += ["--regex-variant", "python", str(EXAMPLES / NAME / WORKFLOW)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
