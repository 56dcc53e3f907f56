"""Every profile with a client that behaves, and with each of its mistakes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sandbox.conformance.profile import profiles
from tests.conformance.running import run_profile
from tests.support import Client

CLIENTS = Path(__file__).parent / "clients"
BUGS = {
    "appointments": {
        "gives-up": "lost-acknowledgement",
        "new-control-id": "lost-acknowledgement",
        "ignores-retry-after": "unavailable",
        "resends-refused": "rejected",
        "local-as-utc": "clock-change",
        "sends-twice": "held",
        "forgets-SIU^S15": "move-and-cancel",
    },
    "laboratory": {
        "new-order-number": "correction",
        "ignores-retry-after": "too-many-requests",
        "resends-refused": "error",
        "local-as-utc": "clock-change",
    },
    "documents": {
        "new-document-number": "replacement",
        "forgets-MDM^T11": "withdrawal",
        "new-control-id": "lost-acknowledgement",
        "sends-twice": "held",
    },
    "demographics": {
        "swaps-names": "new-person",
        "forgets-ADT^A31": "update",
        "gives-up": "lost-acknowledgement",
        "resends-refused": "rejected",
    },
    "partner-facade": {
        "keeps-token": "expired-token",
        "ignores-retry-after": "unavailable",
        "gives-up": "no-answer",
        "first-page-only": "pages",
        "waits-for-data": "consent-withdrawn",
        "calls-in-a-loop": "grant-revoked",
    },
    "customer-fhir": {
        "new-ids": "lost-answer",
        "keeps-token": "clock-change",
        "ignores-retry-after": "too-many-requests",
        "resends-refused": "rejected",
        "first-page-only": "pages",
        "calls-in-a-loop": "credential-revoked",
    },
    "app-measurements": {
        "posts-again": "lost-answer",
        "gives-up": "lost-request",
        "keeps-token": "expired-token",
        "ignores-retry-after": "unavailable",
        "resends-refused": "rejected",
        "never-signs-in": "consent-withdrawn",
    },
    "questionnaires": {
        "gives-up": "lost-request",
        "keeps-token": "clock-change",
        "ignores-retry-after": "too-many-requests",
        "resends-refused": "rejected",
        "first-page-only": "pages",
        "calls-in-a-loop": "grant-revoked",
    },
}
"""Profile → mistakes of its client, each with the step that notices it."""
IN_VAIN = ("gives-up", "keeps-token", "first-page-only", "forgets-", "never-signs-in")
"""Mistakes after which what the step waits for never comes: it fails by its time-out."""
CASES = [(profile, bug, step) for profile, bugs in BUGS.items() for bug, step in bugs.items()]


@pytest.mark.parametrize("profile", BUGS)
def test_a_client_that_behaves_passes(pkb: Client, tmp_path: Path, profile: str):
    outcome = run_profile(pkb, profile, tmp_path)
    assert outcome.failed == [], outcome.result.output
    assert outcome.result.exit_code == 0
    assert f"{profile} passed: {len(outcome.run['steps'])} passed" in outcome.result.output
    assert (outcome.suite.get("failures"), outcome.suite.get("skipped")) == ("0", "0")
    assert len(outcome.suite) == len(profiles()[profile].steps)
    assert outcome.faults == []


@pytest.mark.parametrize(("profile", "bug", "step"), CASES, ids=[f"{profile} {bug}" for profile, bug, _ in CASES])
def test_a_mistake_fails_the_step_that_is_about_it(pkb: Client, tmp_path: Path, profile: str, bug: str, step: str):
    is_in_vain = bug.startswith(IN_VAIN)
    outcome = run_profile(pkb, profile, tmp_path, bug=bug, steps=(step,), timeout=3 if is_in_vain else 15)
    assert outcome.result.exit_code == 1
    assert outcome.failed == [step], outcome.result.output
    (wrong, *_) = [row for row in outcome.step(step)["judged"] if not row["passed"]]
    printed = " ".join(outcome.result.output.split())  # without the breaks that fit lines to the terminal
    for part in (f"({step})", wrong["rule"], wrong["expected"], wrong["actual"], *wrong["exchanges"]):
        assert " ".join(part.split()) in printed
    assert wrong["exchanges"]
    assert (wrong["rule"] == "conformance.in-time") == is_in_vain
    (failure,) = outcome.suite.iter("failure")
    assert wrong["expected"] in str(failure.text)
    assert outcome.faults == []


@pytest.mark.parametrize("file", sorted(CLIENTS.glob("*.py")), ids=lambda file: file.stem)
def test_a_client_knows_nothing_of_the_sandbox(file: Path):
    imported = {
        name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }
    assert not [name for name in imported if name.startswith("sandbox")]
    assert {name for name in imported if name.startswith("tests")} <= {"tests.conformance.clients.wire"}
