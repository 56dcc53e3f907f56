"""The example project with Pact: its pact holds against the sandbox, and no longer if the sandbox differs from it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.examples.project import Bug, Run, assert_green, assert_red, copy_project, run
from tests.pact.support import world
from tests.support import Client

PYTHON = os.environ.get("PKB_SANDBOX_TEST_PACT")
NAME = "pact-python"
UNAVAILABLE, WEIGHTS = "a read while PKB is unavailable", "a read of the patient's own weights"
FACADE = {"a read of a patient", "a read of a patient of nobody", "a read with an expired token"}

pytestmark = [
    pytest.mark.own_environment("pact"),
    pytest.mark.skipif(not PYTHON, reason="pact-python 4 is not at hand: PKB_SANDBOX_TEST_PACT names no Python"),
]


def pytest_of(project: Path, url: str, *arguments: str) -> Run:
    """Run tests of the project; Pact does not report its use."""
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return run(project, command, url, PACT_DO_NOT_TRACK="true", PYTEST_ADDOPTS="")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the pact that its consumer tests write."""
    project = copy_project(NAME, tmp_path_factory.mktemp("consumer"))
    assert_green(pytest_of(project, "http://127.0.0.1:1", "tests/test_consumer.py"), "8 passed")
    return project


def failures(finished: Run) -> set[str]:
    """The interactions that the verifier lists as failures."""
    listed = finished.output.partition("\nFailures:\n")[2].partition("\nThere were ")[0]
    return set(re.findall(r"^\d+\) Verifying a pact between .* - (.+)$", listed, re.MULTILINE))


def test_the_sandbox_keeps_the_pact_and_is_as_before(pkb: Client, written: Path):
    (pact,) = (json.loads(file.read_text(encoding="utf-8")) for file in (written / "pacts").iterdir())
    assert len(pact["interactions"]) == 8
    before = world(pkb)
    assert_green(pytest_of(written, pkb.server.base_url, "tests/test_provider.py"), "1 passed")
    assert world(pkb) == before
    assert pkb.control("/checkpoints") == {"checkpoints": []}


DIFFERENT: dict[str, tuple[dict[str, Any], set[str]]] = {
    "tokens are refused": ({"api": "oauth", "status": 400}, {"a request for a token"}),
    "patients are cut off": ({"operation": "read Patient", "truncate": 20}, {*FACADE, UNAVAILABLE}),
    "a search is another status": (
        {"operation": "search-type Appointment", "status": 404},
        {"a search for appointments"},
    ),
    "a message fails": ({"api": "hl7", "ack": "AE"}, {"an HL7 message about a new patient"}),
    "weights are broken JSON": ({"api": "rest", "malformed": True}, {WEIGHTS}),
}
"""How the sandbox is made to differ → the fault rule, and the interactions that may fail by it."""


@pytest.mark.parametrize(("rule", "interactions"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_sandbox_that_differs_breaks_the_pact(
    pkb: Client, written: Path, rule: dict[str, Any], interactions: set[str]
):
    assert pkb.http.put("/_sandbox/faults", json={"rules": [rule]}).status_code == 200
    finished = pytest_of(written, pkb.server.base_url, "tests/test_provider.py")
    assert finished.code == 1, finished.output
    assert failures(finished), finished.output
    assert failures(finished) <= interactions
    (left,) = pkb.control("/faults")["rules"]
    assert left["hits"] > 0


BUGS = {
    "a provider state with a mistake in its name": Bug(
        "tests/test_consumer.py", '"a client exists"', '"a clint exists"', ("a clint exists", "a request for a token")
    ),
    "a parameter that the state does not take": Bug(
        "tests/test_consumer.py", 'type="weight"', 'kind="weight"', ("a measurement is entered", WEIGHTS)
    ),
    "another unit": Bug("tests/test_consumer.py", '"unit": "kg"', '"unit": "lb"', ("'kg'", "'lb'", WEIGHTS)),
}


@pytest.mark.parametrize("bug", BUGS.values(), ids=BUGS)
def test_a_pact_that_asks_for_something_else_is_not_kept(pkb: Client, tmp_path: Path, bug: Bug):
    before = world(pkb)
    finished = pytest_of(copy_project(NAME, tmp_path, bug), pkb.server.base_url)
    assert_red(finished, bug)
    assert "1 failed, 8 passed" in finished.output
    assert len(failures(finished)) == 1, finished.output
    assert world(pkb) == before
