"""The example project in C#, which nothing runs: what can be compared with the sandbox without a compiler."""

from __future__ import annotations

import re

from tests.examples.project import EXAMPLES
from tests.support import Client

PROJECT = EXAMPLES / "csharp-xunit"
CALL = re.compile(r'(?:Ask|Control)Async\(HttpMethod\.(\w+), \$?"(?:/_sandbox)?(/[a-z]+)')


def test_its_helper_calls_operations_of_the_control_api(pkb: Client):
    calls = CALL.findall((PROJECT / "tests/Workspace.cs").read_text(encoding="utf-8"))
    paths = pkb.control("/openapi.json")["paths"]
    offered = {
        (method, re.sub(r"^/_sandbox", "", path).split("{")[0].rstrip("/")) for path in paths for method in paths[path]
    }
    assert {path for _, path in calls} == {"/workspaces", "/faults", "/verify", "/exchanges"}
    assert {(method.lower(), path) for method, path in calls} <= offered


def test_its_tests_are_those_of_the_other_projects():
    names = re.findall(
        r'DisplayName\("(.*?)"\)', (EXAMPLES / "java-junit5/src/test/java/example/BookingsTest.java").read_text()
    )
    assert re.findall(r'DisplayName = "(.*?)"', (PROJECT / "tests/BookingsTests.cs").read_text()) == names


def test_its_readme_says_that_the_gate_does_not_run_it():
    assert "The gate of this repository does not build or run this project" in (PROJECT / "README.md").read_text()
