"""The linter: findings from the facts, effects from the real path, and nothing stored."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hl7.samples import A28, FIXTURES, example, header, pid, state
from tests.support import Client

SIU = example("siu_s12")
FOLLOWS = ("aggregates", "due_work", "first_stored", "mapped", "resources", "resource_versions", "upstreams")
"""Tables of what follows from a record by itself, and is no effect."""
EXAMPLES = sorted(FIXTURES.glob("*.hl7"))


def lint(pkb: Client, text: str, **more: Any) -> dict[str, Any]:
    response = pkb.http.post("/_sandbox/hl7/lint", json={"text": text, **more})
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    return report


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_linting_an_example_predicts_its_effects(pkb: Client, file):
    text = file.read_text(encoding="utf-8")
    before = state(pkb)
    report = lint(pkb, text)
    assert state(pkb) == before
    assert pkb.send(text).code == report["ack"] == "AA"
    after = state(pkb)
    record = [table for table in after if table not in FOLLOWS]
    created = {table: len(after[table].keys() - before[table].keys()) for table in record}
    assert sum(created.values()) == sum(effect["action"] in ("create", "suppress") for effect in report["effects"])
    assert created["outbox"] == sum(effect["kind"] == "outbox item" for effect in report["effects"])
    assert not [finding for finding in report["findings"] if finding["level"] == "error"]


def test_each_field_that_is_sent_is_used_or_ignored(pkb: Client):
    report = lint(pkb, A28)
    levels = {f"{finding['segment']}-{finding['field']}": finding["level"] for finding in report["findings"]}
    assert (levels["PID-3"], levels["AL1-1"], levels["MSH-12"]) == ("used", "ignored", "ignored")
    assert all(finding["source"].startswith("http") for finding in report["findings"])
    kinds = [(effect["action"], effect["kind"]) for effect in report["effects"]]
    assert ("create", "patient") in kinds
    assert ("create", "outbox item") in kinds


def test_changes_in_aggregated_are_not_listed_as_effects(pkb: Client):
    token = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    assert pkb.send(SIU).code == "AA"
    assert pkb.http.get("/aggregated/fhir/Appointment", headers=token).status_code == 200
    kinds = {effect["kind"] for effect in lint(pkb, SIU.replace("Knee", "Hip"))["effects"]}
    assert kinds == {"appointment", "outbox item"}


def test_a_refusal_is_named_with_its_place_and_rule(pkb: Client):
    report = lint(pkb, A28.replace("|F|||2 Mill", "|X|||2 Mill"))
    assert report["ack"] == "AR"
    error = report["findings"][0]
    assert error["level"] == "error"
    assert error["text"].startswith("Invalid gender. Expected U, M, F or I")
    assert error["standing"] == "documented"
    assert report["effects"] == []


def test_a_missing_field_is_named_by_segment_and_field(pkb: Client):
    error = lint(pkb, A28.replace("|a28-001|", "||"))["findings"][0]
    assert (error["segment"], error["field"], error["level"]) == ("MSH", "10.1", "error")


@pytest.mark.parametrize("segment", ["PD1", "ROL", "NK1", "ZVN"])
def test_announced_segments_are_ignored_and_said_to_be_announced(pkb: Client, segment: str):
    report = lint(pkb, f"{A28}\r{segment}|1|x")
    (finding,) = [finding for finding in report["findings"] if finding["segment"] == segment]
    assert finding["level"] == "ignored"
    assert "announced but not live" in finding["text"]
    assert pkb.send(f"{A28}\r{segment}|1|x").code == "AA"


def test_another_credential_is_another_sender(pkb: Client):
    report = lint(pkb, A28, credential="partner_letterbox")
    assert report["findings"][0]["text"].startswith("Unknown sending facility [NORTHMOOR]")


def test_an_effect_says_what_changes(pkb: Client):
    assert pkb.send(A28).code == "AA"
    moved = "\r".join((header(at="20270101120000"), pid(fields={11: "1 New Road^^York"})))
    changed = next(effect for effect in lint(pkb, moved)["effects"] if effect["kind"] == "patient")
    assert changed["action"] == "change"
    assert "1 New Road" in changed["text"]


@pytest.mark.parametrize("text", ["", "nonsense", "FHS|^~\\&|", "MSH|^~\\&|A|B|C|D|20260101||ORM^O01|1|P|2.4"])
def test_an_unreadable_message_is_still_linted(pkb: Client, text: str):
    report = lint(pkb, text)
    assert report["ack"] in ("AR", "AE")
    assert report["findings"][0]["level"] == "error"


@pytest.mark.parametrize("body", [{}, {"text": 1}, {"text": "x", "credential": "nobody"}, {"text": "x", "more": 1}])
def test_a_bad_call_is_refused(pkb: Client, body: dict[str, Any]):
    assert pkb.http.post("/_sandbox/hl7/lint", json=body).status_code == 400


def test_lint_spends_no_ids(pkb: Client):
    ids = pkb.server.workspaces.default.ids
    legacy = ids.last_legacy
    lint(pkb, A28)
    assert ids.last_legacy == legacy


def test_a_message_that_says_nothing_new_has_no_effects(pkb: Client):
    pkb.send(A28)
    assert lint(pkb, A28.replace("20260310101500", "20260310101600"))["effects"] == []
