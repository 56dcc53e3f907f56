"""The example project in TypeScript: green as it is, and red, with the sandbox's reason, with a bug in it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from sandbox.server import SandboxServer
from tests.examples.project import EXAMPLES, Bug, Run, assert_green, assert_red, copy_project, run, workspaces_of
from tests.support import Client

VITEST = os.environ.get("PKB_SANDBOX_TEST_VITEST")
NAME = "typescript-vitest"

installed = pytest.mark.skipif(
    not VITEST or shutil.which("node") is None,
    reason=f"vitest is not at hand: PKB_SANDBOX_TEST_VITEST names no folder with the node_modules of examples/{NAME}",
)
BUGS = {
    "a birth date as people write it": Bug(
        "src/hl7.ts",
        "person.birthDate.replaceAll('-', '')",
        "person.birthDate.split('-').reverse().join('/')",
        ("Invalid timestamp [23/06/1991] in PID-7.1", "partner.hl7.send_data", "/pages/3365013095"),
    ),
    "no organisation header": Bug(
        "src/facade.ts",
        "          'X-Org-Public-Id': this.connection.organisation,\n",
        "",
        ("X-Org-Public-Id is required", "partner.facade.read_demographics", "/pages/3364618357"),
    ),
    "no second attempt after a lost acknowledgement": Bug(
        "src/hl7.ts",
        "const ATTEMPTS = 3;",
        "const ATTEMPTS = 1;",
        ("hl7 SIU^S12: accepted", "A fault rule of the control API", '"drop":"after-commit"'),
    ),
    "a refresh token used twice": Bug(
        "src/diary.ts",
        "this.refreshToken = tokens.refresh_token;",
        "this.refreshToken ||= tokens.refresh_token;",
        ("The refresh token is not valid: session invalid", "/pages/3365013193"),
    ),
}


def run_tests(folder: Path, url: str, bug: Bug | None = None, script: str = "test", **environment: str) -> Run:
    project = copy_project(NAME, folder, bug)
    (project / "node_modules").symlink_to(Path(str(VITEST)) / "node_modules")
    return run(project, ["npm", "run", "--silent", script], url, **environment)


@pytest.mark.own_environment("vitest")
@installed
def test_its_tests_pass_and_leave_no_workspace(tmp_path: Path):
    with SandboxServer(port=0, admin_token="chosen") as server:
        finished = run_tests(tmp_path, server.base_url, PKB_SANDBOX_ADMIN_TOKEN="chosen")
        assert workspaces_of(server.base_url, "chosen") == ["default"]
    assert_green(finished, "7 passed")


@pytest.mark.own_environment("vitest")
@installed
def test_its_types_are_right(tmp_path: Path):
    finished = run_tests(tmp_path, "http://127.0.0.1:1", script="check")
    assert finished.code == 0, finished.output


@pytest.mark.own_environment("vitest")
@installed
@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_bug_fails_with_the_sandbox_s_reason(running: Client, tmp_path: Path, bug: Bug):
    assert_red(run_tests(tmp_path, running.server.base_url, bug), bug)


@pytest.mark.own_environment("vitest")
@installed
def test_without_a_sandbox_it_says_what_to_start(tmp_path: Path):
    finished = run_tests(tmp_path, "http://127.0.0.1:1")
    assert finished.code != 0
    assert "No sandbox answers at http://127.0.0.1:1. Start one, or set PKB_SANDBOX_URL." in finished.output


def test_the_lock_file_contains_no_addresses_of_packages():
    lock = json.loads((EXAMPLES / NAME / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_what_is_locked_is_what_the_project_asks_for():
    package = json.loads((EXAMPLES / NAME / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((EXAMPLES / NAME / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]
