"""Checkpoints: made, listed, restored, compared, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_control_api import assert_problem
from tests.hl7.samples import example
from tests.support import Client

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_checkpoints(pkb: Client) -> None:
    for row in pkb.control("/checkpoints")["checkpoints"]:
        pkb.http.delete(f"/_sandbox/checkpoints/{row['name']}")


def checkpoint(pkb: Client, name: str = "before") -> Json:
    response = pkb.http.post("/_sandbox/checkpoints", json={"name": name})
    assert response.status_code == 201, response.text
    return response.json()


def difference(pkb: Client, name: str = "before", to: str = "") -> Json:
    return pkb.control(f"/checkpoints/{name}/diff" + (f"?to={to}" if to else ""))


def accepted(pkb: Client, text: str) -> str:
    """Sends a message that must be accepted; the id of its exchange."""
    assert pkb.send(text).code == "AA"
    return pkb.control("/exchanges?limit=1")["exchanges"][0]["id"]


def test_an_appointment_that_moved_is_told_in_clinical_words(pkb: Client):
    accepted(pkb, example("siu_s12"))
    assert set(checkpoint(pkb)) == {"name", "at"}
    moved = example("siu_s13").replace("202604091030", "202604030930").replace("202604091050", "202604030950")
    exchange = accepted(pkb, moved)
    told = difference(pkb)
    assert (told["from"], told["to"], told["added"], told["removed"]) == ("before", "now", [], [])
    (entry,) = told["changed"]
    start = "1 appointment moved from 2 April 09:30 to 3 April 09:30 (SIU^S13, SCH-11.4 · Facade Appointment.start)"
    assert entry["text"] == start
    assert (entry["kind"], entry["by"]) == ("appointment", [exchange])
    assert entry["changes"][0] == {
        "path": "start_at",
        "hl7": "SCH-11.4",
        "fhir": "Appointment.start",
        "from": "2026-04-02T08:30:00Z",
        "to": "2026-04-03T08:30:00Z",
    }
    text = pkb.http.get("/_sandbox/checkpoints/before/diff", headers={"Accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    assert start in text.text


def test_a_checkpoint_is_restored_and_then_nothing_differs(pkb: Client):
    checkpoint(pkb)
    accepted(pkb, example("siu_s12"))
    assert len(difference(pkb)["added"]) == 1
    assert pkb.http.post("/_sandbox/checkpoints/before/restore").status_code == 200
    assert difference(pkb) == {"from": "before", "to": "now", "added": [], "changed": [], "removed": []}


def test_an_unknown_checkpoint_is_a_problem(pkb: Client):
    for method, path in (("POST", "/nowhere/restore"), ("GET", "/nowhere/diff"), ("DELETE", "/nowhere")):
        assert_problem(pkb.http.request(method, f"/_sandbox/checkpoints{path}"), 404)
    checkpoint(pkb)
    assert_problem(pkb.http.get("/_sandbox/checkpoints/before/diff?to=nowhere"), 404)
