"""The letters that a step adds to a record: by another organisation, and gone when the run ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.support import Client

Json = dict[str, Any]
PROFILE = "/_sandbox/conformance/partner-facade"
ALONE = """
[[organisation]]
id = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f01"
legacy_id = 1
name = "Solway NHS Trust"
default_team = "solway"

[[organisation.team]]
id = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f02"
legacy_id = 2
name = "Solway General"
alias = "solway"
labels = ["GENERAL_HEALTH"]
default_label = "GENERAL_HEALTH"

[[partner]]
id = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f03"
name = "Solway Post"

[[grant]]
id = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f04"
partner = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f03"
organisation = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f01"
default_team = "solway"
alias = "SOLWAY"

[[credential]]
id = "solway-facade"
kind = "system-client"
name = "Solway reader"
secret = "solway-Facade-2026"
partner = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f03"

[[patient]]
id = "0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f05"
legacy_id = 3
name = { given = "Ailsa", family = "Kerr" }
date_of_birth = 1988-02-14
identifiers = [{ type = "NHS", value = "9991001379" }]
organisations = ["0c0b7b0e-5d0e-4d0c-9f4e-0c2f2b1c6f01"]
teams = ["solway"]
registered = true
entered_at = 2026-01-05T09:00:00Z
"""
"""A world with one organisation."""
TITLES = [f"Letter {number}" for number in range(1, 6)]


def letters(pkb: Client, patient: str) -> list[Json]:
    documents: list[Json] = pkb.control(f"/records/{patient}")["documents"]
    return [document for document in documents if document["title"] in TITLES]


def sources(pkb: Client, patient: str) -> list[Json]:
    """What each letter says of its source."""
    return [{key: value for key, value in row["source"].items() if value} for row in letters(pkb, patient)]


def started(pkb: Client) -> str:
    """Start the step that adds five letters; returns the patient's id."""
    response = pkb.http.post(PROFILE, json={"steps": ["pages"]})
    assert response.status_code == 201, response.text
    assert pkb.http.get(PROFILE).json()["steps"][0]["state"] == "running"
    return str(response.json()["patient"]["id"])


def test_another_organisation_adds_the_letters_and_they_go_with_the_run(pkb: Client):
    own = pkb.organisation()
    other = next(row["id"] for row in pkb.control("/world")["organisations"] if row["id"] != own)
    patient = started(pkb)
    assert [letter["title"] for letter in letters(pkb, patient)] == TITLES
    assert {letter["type"] for letter in letters(pkb, patient)} == {"CLINIC_LETTER"}
    assert sources(pkb, patient) == [{"organisation": other}] * 5
    assert pkb.http.delete(PROFILE).status_code == 200
    assert letters(pkb, patient) == []


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    world = tmp_path / "alone.toml"
    world.write_text(ALONE, encoding="utf-8")
    return world


def test_the_patient_adds_the_letters_in_a_world_with_one_organisation(alone: Path):
    with SandboxServer(port=0, world=str(alone)) as server:
        pkb = Client(server)
        patient = started(pkb)
        assert sources(pkb, patient) == [{"person": patient}] * 5
        pkb.http.close()
