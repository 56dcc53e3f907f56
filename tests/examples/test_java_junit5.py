"""The example project in Java: green as it is, and red, with the sandbox's reason, with a bug in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox.server import SandboxServer
from tests.examples.project import Bug, Run, assert_green, assert_red, copy_project, run, workspaces_of
from tests.support import Client

JUNIT = os.environ.get("PKB_SANDBOX_TEST_JUNIT")
NAME = "java-junit5"

pytestmark = [
    pytest.mark.own_environment("junit"),
    pytest.mark.skipif(
        not JUNIT or shutil.which("mvn") is None,
        reason=f"JUnit is not at hand: PKB_SANDBOX_TEST_JUNIT names no folder where examples/{NAME} was built",
    ),
]
BUGS = {
    "a birth date as people write it": Bug(
        "src/main/java/example/Hl7Sender.java",
        'ofPattern("yyyyMMdd")',
        'ofPattern("dd/MM/yyyy")',
        ("Invalid timestamp [23/06/1991] in PID-7.1", "partner.hl7.send_data", "/pages/3365013095"),
    ),
    "no organisation header": Bug(
        "src/main/java/example/FacadeReader.java",
        '        headers.addHeaderValue("X-Org-Public-Id", organisation);\n',
        "",
        ("X-Org-Public-Id is required", "partner.facade.read_demographics", "/pages/3364618357"),
    ),
    "no second attempt after a lost acknowledgement": Bug(
        "src/main/java/example/Hl7Sender.java",
        "ATTEMPTS = 3;",
        "ATTEMPTS = 1;",
        ("hl7 SIU^S12: accepted", "A fault rule of the control API", '"drop":"after-commit"'),
    ),
}


def run_tests(folder: Path, url: str, bug: Bug | None = None, **environment: str) -> Run:
    """Offline: what Maven needs, it has from the build that the variable names."""
    command = ["mvn", "--batch-mode", "--offline", "test"]
    return run(copy_project(NAME, folder, bug), command, url, **environment)


def test_its_tests_pass_and_leave_no_workspace(tmp_path: Path):
    with SandboxServer(port=0, admin_token="chosen") as server:
        finished = run_tests(tmp_path, server.base_url, PKB_SANDBOX_ADMIN_TOKEN="chosen")
        assert workspaces_of(server.base_url, "chosen") == ["default"]
    assert_green(finished, "Tests run: 4, Failures: 0, Errors: 0, Skipped: 0")


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_fails_with_the_sandbox_s_reason(running: Client, tmp_path: Path, bug: Bug):
    assert_red(run_tests(tmp_path, running.server.base_url, bug), bug)


def test_without_a_sandbox_it_says_what_to_start(tmp_path: Path):
    finished = run_tests(tmp_path, "http://127.0.0.1:1")
    assert finished.code != 0
    assert "No sandbox answers at http://127.0.0.1:1. Start one, or set PKB_SANDBOX_URL." in finished.output
