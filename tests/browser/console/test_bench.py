"""Walks through the bench: each does with a browser what a person does there."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.browser.console.walking import in_a_browser, walk
from tests.console.samples import example
from tests.rest.support import ask
from tests.support import SOAP, Client

pytestmark = in_a_browser


def message_of(pkb: Client, text: str) -> dict[str, str]:
    """An HL7 message as a script posts it: envelope and credentials."""
    password = pkb.credential("org_northmoor")["password"]
    token = b64encode(f"org_northmoor:{password}".encode()).decode()
    return {"message": SOAP.format(escape(text)), "authorization": f"Basic {token}"}


def d_dimer(pkb: Client) -> str | None:
    """The D-dimer of a patient as the patient's own app gets it."""
    (result,) = [row for row in ask(pkb, "GET", "/v2-beta/tests/results", "PATIENT") if row["name"] == "D-dimer"]
    value: str | None = result["textValue"] or result["value"]
    return value


def test_a_fault_is_set_hit_counted_and_removed(pkb: Client):
    outcome: dict[str, Any] = walk("faults.mjs", pkb.server.base_url, message_of(pkb, example("adt_a28")))
    assert outcome == {
        "added": "The rule acts: acknowledged with AE.",
        "faulted": "MSA|AE",
        "applied": "MSA|AA",
        "findings": [],
    }


def test_a_laboratory_result_appears_to_the_patient_when_the_clock_passes_its_release(pkb: Client):
    assert pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-03T12:00:00Z"}).status_code == 200
    assert pkb.send(example("oru_r01_laboratory")).code == "AA"
    assert d_dimer(pkb) is None
    outcome: dict[str, Any] = walk("clock.mjs", pkb.server.base_url)
    assert d_dimer(pkb) is not None
    assert outcome["findings"] == []
    assert "Released to Ms Tola Adeyemi: laboratory result D-dimer" in outcome["due"]
    assert "'P1X' is not an ISO 8601 duration" in outcome["refusal"]
    assert outcome["kept"] == "P1X"


def test_the_difference_of_a_message_appears_and_the_world_goes_back(pkb: Client):
    outcome: dict[str, Any] = walk("checkpoints.mjs", pkb.server.base_url, message_of(pkb, example("siu_s12")))
    pkb.http.delete("/_sandbox/checkpoints/before")
    assert outcome["text"].startswith("1 appointment booked: Knee clinic review")
    assert outcome["done"] == "The world is back at before."
    assert outcome["findings"] == []


def test_a_held_message_appears_and_is_approved(pkb: Client):
    message = example("siu_s12").replace("19880214", "19990101")
    outcome: dict[str, Any] = walk("held.mjs", pkb.server.base_url, message_of(pkb, message))
    assert outcome == {
        "bar": "1 message held",
        "done": "SIU^S12 for Ms Tola Adeyemi: approved.",
        "isCounted": False,
        "findings": [],
    }
    assert "APT-77120" in str(pkb.control("/records/9991001379")["appointments"])


def test_a_conformance_run_judges_what_comes_while_the_page_is_open(pkb: Client):
    try:
        outcome: dict[str, Any] = walk("conformance.mjs", pkb.server.base_url, message_of(pkb, example("siu_s12")))
    finally:
        pkb.http.delete("/_sandbox/conformance/appointments")
    assert outcome == {"current": "The acknowledgement is lost", "findings": []}


def test_a_patient_registers_by_the_mailed_link(pkb: Client):
    assert pkb.send(example("adt_a28")).code == "AA"
    (invitation,) = pkb.control("/outbox?kind=invitation")["items"]
    born = pkb.control(f"/records/{invitation['patient']}")["patient"]["date_of_birth"]
    argument = {"born": born, "password": "Correct-horse-7", "mailed": invitation["links"][0]}
    outcome: dict[str, Any] = walk("join.mjs", pkb.server.base_url, argument)
    assert outcome["findings"] == []
    assert outcome["refusal"] == "The date of birth does not match the record"
    assert "is registered" in outcome["done"]
    assert "is already registered" in outcome["again"]
    assert pkb.user_token(invitation["to"])


def test_people_are_counted_while_they_are_generated(pkb: Client, monkeypatch: pytest.MonkeyPatch):
    # A pause between two people, so that somebody sees the progress, however fast the machine is.
    slices = SimpleNamespace(pause=lambda: asyncio.sleep(0.01))
    monkeypatch.setattr("sandbox.synthetic.control.Slices", lambda: slices)
    outcome: dict[str, Any] = walk("generate.mjs", pkb.server.base_url)
    assert outcome == {"text": "300 patients are new in this world.", "findings": []}


def test_pages_of_the_bench_can_be_read_by_everyone_when_they_are_full(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-03T12:00:00Z"})
    pkb.http.post("/_sandbox/checkpoints", json={"name": "x" * 64})
    pkb.http.post("/_sandbox/workspaces", json={"name": "y" * 64, "idle_seconds": 36000})
    try:
        for name in ("adt_a28", "siu_s12", "oru_r01_laboratory", "mdm_t02_document", "adt_a31"):
            assert pkb.send(example(name)).code == "AA"
        rules: list[dict[str, Any]] = [
            {"path": f"/{'p' * 200}", "client": "c" * 200, "status": 503, "retry_after": 2, "every": 3},
            {
                "api": "hl7",
                "operation": "ADT^A08",
                "delay_ms": {"lognormal": [80, 0.5]},
                "until": "2027-01-01T00:00:00Z",
            },
        ]
        assert pkb.http.put("/_sandbox/faults", json={"rules": rules}).status_code == 200
        options = {"soft_matching": ["date_of_birth"]}
        pkb.http.put(f"/_sandbox/organisations/{pkb.organisation()}/configuration", json={"options": options})
        assert pkb.send(example("siu_s12").replace("19880214", "19990101")).code == "AA"
        pkb.http.put("/_sandbox/clock", json={"advance": "P1W"})
        paths = ["", "/clock", "/faults", "/checkpoints", "/held", "/workspaces", "/outbox?suppressed=all", "/generate"]
        paths += ["/conformance", "/conformance?profile=questionnaires"]
        paths += [f"/checkpoints/difference?from={'x' * 64}", f"/workspaces/{'y' * 64}"]
        addresses = [f"/_sandbox/console/bench{path}" for path in paths]
        assert walk("every_page.mjs", pkb.server.base_url, addresses, seconds=600) == {}
    finally:
        pkb.http.delete(f"/_sandbox/checkpoints/{'x' * 64}")
        pkb.http.delete(f"/_sandbox/workspaces/{'y' * 64}")


def test_the_bar_follows_the_world_on_every_page(pkb: Client):
    assert walk("bar.mjs", pkb.server.base_url) == "Ade"
