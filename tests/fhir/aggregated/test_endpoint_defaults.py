"""What PKB sets up for a feed whose resources name no source and no label: a default Organization, a default label.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.base import datafiles
from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.aggregated.support import LABEL, TOLA, Aggregated, feed, observation, patient
from tests.support import Client

ENDPOINT = """name = "northmoor-r4"
release = "r4"
"""
WITHOUT_SOURCE = {name: value for name, value in patient(TOLA).items() if name != "managingOrganization"}


def world(folder: Path, label: str) -> Path:
    """The default world, with defaults for one of its endpoints."""
    file = folder / "worlds" / "set-up.toml"
    shutil.copytree(datafiles.path("fixtures/worlds"), file.parent)
    text = (file.parent / "default.toml").read_text(encoding="utf-8")
    assert ENDPOINT in text
    set_up = f'{ENDPOINT}default_source = "org"\ndefault_label = "{label}"\n'
    file.write_text(text.replace(ENDPOINT, set_up), encoding="utf-8")
    return file


@pytest.fixture
def set_up(tmp_path: Path) -> Iterator[Client]:
    with SandboxServer(port=0, world=str(world(tmp_path, "GENERAL_HEALTH"))) as server:
        client = Client(server)
        yield client
        client.http.close()


def test_a_patient_without_a_source_comes_from_the_default_organization(set_up: Client):
    endpoint = feed(set_up, "northmoor-r4")
    endpoint.put(WITHOUT_SOURCE)
    endpoint.put(observation(label=""))
    (copied,) = Aggregated(set_up).of("Observation")
    (organisation,) = [
        label["code"] for label in copied["meta"]["security"] if label["system"].endswith("source-organization")
    ]
    assert Aggregated(set_up).ask(f"/Organization/{organisation}").json()["name"] == "Northmoor NHS Trust"


def test_a_resource_without_a_label_has_the_default_one(set_up: Client):
    endpoint = feed(set_up, "northmoor-r4")
    endpoint.put(patient(TOLA))
    endpoint.put(observation("plain", label=""))
    endpoint.put(observation("hidden", label="MENTAL_HEALTH"))
    (copied,) = Aggregated(set_up).of("Observation")
    assert [label["code"] for label in copied["meta"]["security"] if label["system"] == LABEL] == ["GENERAL_HEALTH"]


def test_a_missing_default_organization_skips_the_patient(set_up: Client):
    endpoint = feed(set_up, "northmoor-r4")
    assert endpoint.ask("DELETE", "/Organization/org").status_code == 200
    endpoint.put(WITHOUT_SOURCE)
    endpoint.put(observation())
    assert Aggregated(set_up).of("Observation") == []


def test_a_default_label_must_be_one_of_pkb_s(tmp_path: Path):
    with pytest.raises(Invalid, match="PRIVATE is not a privacy label"):
        Workspaces(Settings(world=str(world(tmp_path, "PRIVATE"))))
