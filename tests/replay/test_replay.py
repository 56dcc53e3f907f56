"""A journey through every API, recorded on one sandbox and sent to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.base import datafiles
from sandbox.errors import NotFound
from tests.replay.conftest import Recorded, ReplayCommand, changed_world

DEFAULT_WORLD = datafiles.path("fixtures/worlds/default.toml")
SAMIRA_FROM = '[[patient]]\nid = "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4"'


def test_another_sandbox_with_other_ids_and_tokens_answers_the_same(recorded: Recorded, replay: ReplayCommand):
    with Sandbox(seed=99) as other:
        replayed = replay(other)
        received = other.exchanges
    assert replayed.differences == []
    assert replayed.result.exit_code == 0, replayed.result.output
    assert replayed.report["summary"]["same"] == recorded.exchanges == len(received)
    last = replayed.result.output.splitlines()[-1]
    assert last == f"0 differences in 0 of {recorded.exchanges} exchanges; {recorded.exchanges} the same, 0 not sent."


def test_a_workspace_with_other_credentials_answers_the_same(recorded: Recorded, replay: ReplayCommand):
    with Sandbox(seed=5) as server, server.workspace("second") as other:
        replayed = replay(other, "--workspace", "second")
        received = other.exchanges
    assert replayed.differences == []
    assert replayed.report["summary"]["same"] == recorded.exchanges
    assert len(received) == recorded.exchanges - 1, "an unknown token belongs to no workspace"


@pytest.fixture
def another_street(tmp_path: Path) -> Path:
    """The default world, in which Samira Halloran lives elsewhere."""
    text = DEFAULT_WORLD.read_text(encoding="utf-8")
    start = text.rindex("[[patient]]", 0, text.index("9991008225"))
    entry = text[start:].partition("\n\n")[0]
    return changed_world(tmp_path, (entry, entry.replace("12 Ropewalk", "7 Mill Lane")))


def test_five_changes_are_five_differences_in_words(
    replay: ReplayCommand, another_street: Path, monkeypatch: pytest.MonkeyPatch
):
    def not_found(text: str, **details: str) -> NotFound:
        return NotFound(text.replace("is not known", "does not exist"), **details)

    monkeypatch.setattr("sandbox.fhir.rendered.read.NotFound", not_found)
    with Sandbox(world=str(another_street), api_refs_required=True) as other:
        other.set_faults(
            [
                {"api": "hl7", "operation": "ADT^A31", "ack": "AE"},
                {"api": "customer", "operation": "read Patient", "status": 503},
            ]
        )
        replayed = replay(other)
    assert replayed.result.exit_code == 1
    text, street = (
        "Resource Patient/00000000-0000-4000-8000-000000000000 {}",
        "Bundle.entry[0] (Patient).resource.address[0]",
    )
    before, after = text.format("is not known"), text.format("does not exist")
    assert replayed.differences == [
        'ADT^A31: MSA-1: "AA" in the recording, "AE" now (Unexpected error while processing: null)',
        f'read Patient: OperationOutcome.issue[0].diagnostics: "{before}" in the recording, "{after}" now',
        f'search-type Patient: {street}.line[0]: "12 Ropewalk" in the recording, "7 Mill Lane" now',
        "GET /v2-beta/measurements/{patientId}: status: 200 in the recording, 400 now (apiRefs is missing)",
        "read Patient: status: 200 in the recording, 503 now (Service Unavailable)",
    ]
    output = replayed.result.output
    assert "5 differences in 5 of" in output
    assert "Rule facade.read-unknown" in output
    standings = {row["standing"] for row in replayed.report["exchanges"]}
    assert standings <= {"documented", "inferred", "choice"}


def test_what_needs_an_id_that_the_other_server_never_chose_is_not_sent(replay: ReplayCommand):
    with Sandbox() as other:
        other.fail_next(api="customer", operation="create Patient", status=503)
        replayed = replay(other)
    created, *others = [row for row in replayed.report["exchanges"] if row["api"] == "customer"]
    assert created["differences"][0]["text"] == "status: 201 in the recording, 503 now (Service Unavailable)"
    reasons = {row["reason"] for row in others if row["state"] == "not sent"}
    assert f"it needs the id from exchange {created['number']} (create Patient)" in reasons
    assert all(reason.startswith("it needs the ") for reason in reasons)


def test_versions_that_another_server_numbers_otherwise_are_required_by_its_numbers(replay: ReplayCommand):
    with Sandbox() as other:
        with other.client("customer-system-client") as client:
            for _ in range(3):
                client.post("/customer/northmoor-r4/fhir/Basic", json={"resourceType": "Basic", "code": {"text": "x"}})
        replayed = replay(other)
        versions = [
            row["response"]["headers"].get("etag")
            for row in other.exchanges
            if row["operation"] == "update Observation"
        ]
    assert replayed.differences == []
    assert versions != ['W/"105"']
    assert {row["rule"] for row in replayed.report["ignored"]} >= {"headers.etag", "fhir.version"}


def test_a_token_that_ends_early_is_renewed(replay: ReplayCommand):
    with Sandbox() as other:
        other.fail_next(api="facade", operation="read Patient", expire_token=True)
        replayed = replay(other)
    assert replayed.differences == []
