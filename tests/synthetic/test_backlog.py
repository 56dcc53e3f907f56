"""A world's first resources: stored at the start, indexed and aggregated when they are first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.app import create_app
from sandbox.fhir.aggregated.intake import changes
from sandbox.fhir.mounts import ON_CHANGE
from sandbox.model import Aggregate, DueWork, Patient, Resource, Upstream, Waiting
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.synthetic import endpoint_resources
from sandbox.synthetic.folder import WorldPlan, write_world_folder
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

CLOCK = "2026-03-10T12:00:00Z"
R4 = "/customer/northmoor-r4/fhir"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "world"
    write_world_folder(folder, WorldPlan(patients=6, seed=3))
    return folder


def started(folder: Path, **settings: Any) -> Workspace:
    workspaces = Workspaces(Settings(clock=CLOCK, seed=1, world=str(folder), **settings))
    create_app(workspaces)
    return workspaces.default


@pytest.fixture
def served(folder: Path) -> Iterator[Client]:
    with SandboxServer(port=0, clock=CLOCK, world=str(folder)) as server:
        client = Client(server)
        client.http.headers["Authorization"] = f"Bearer {client.token('northmoor-fhir')}"
        yield client
        client.http.close()


def patient_of(workspace: Workspace) -> Resource:
    """A Patient of a Customer that waits."""
    (waiting, *_) = (row for row in workspace.store.all(Waiting) if row.id.startswith("northmoor-r4/Patient/"))
    return workspace.store.get(Resource, waiting.resource)


def about(patient: Resource) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "Pulse"},
        "subject": {"reference": f"Patient/{patient.logical_id}"},
    }


def test_what_is_aggregated_later_is_what_would_have_been_aggregated_at_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    later = started(folder)
    assert (later.store.count(Upstream), later.store.count(Aggregate)) == (0, 0)
    asyncio.run(changes.take_in_all(later))
    monkeypatch.setattr(endpoint_resources, "feed", partial(endpoint_resources.feed, on_change=ON_CHANGE))
    at_once = started(folder)
    assert at_once.store.count(Waiting) == later.store.count(Waiting) == 0
    kinds: tuple[Any, ...] = (Aggregate, Resource)
    for kind in kinds:
        assert {row.id: row for row in later.store.all(kind)} == {row.id: row for row in at_once.store.all(kind)}


def test_the_first_search_of_aggregated_takes_everything_in(served: Client):
    store = served.server.workspaces.default.store
    assert store.count(Waiting)
    bundle = served.http.get("/aggregated/fhir/Observation").json()
    assert bundle["total"] > 0
    assert store.count(Waiting) == 0


def test_a_change_takes_in_only_what_it_refers_to(served: Client):
    store, patient = served.server.workspaces.default.store, patient_of(served.server.workspaces.default)
    before = store.count(Waiting)
    answer = served.http.post(f"{R4}/Observation", json=about(patient))
    assert answer.status_code == 201
    row = store.get(Upstream, f"northmoor-r4/Observation/{answer.json()['id']}")
    assert row.target
    assert store.get(Upstream, patient.id).target
    assert before > store.count(Waiting) > before / 2


def test_a_changed_resource_is_aggregated_once_in_its_newest_version(served: Client):
    store, patient = served.server.workspaces.default.store, patient_of(served.server.workspaces.default)
    http = served.http
    changed = {**http.get(f"{R4}/Patient/{patient.logical_id}").json(), "birthDate": "1970-01-02"}
    assert http.put(f"{R4}/Patient/{patient.logical_id}", json=changed).status_code == 200
    assert store.find_one(Waiting, patient.id) is None
    assert '"birthDate":"1970-01-02"' in store.get(Upstream, patient.id).text
    assert http.delete(f"{R4}/Patient/{patient.logical_id}").status_code == 200
    http.get("/aggregated/fhir/Patient")
    assert store.find_one(Upstream, patient.id) is None


def test_the_page_of_one_patient_takes_in_what_is_about_them(folder: Path):
    workspace = started(folder)
    store = workspace.store
    patient = next(patient for patient in store.all(Patient) if patient.id in _generated(workspace))
    changes.take_in_of(workspace, patient)
    rows = [row for row in store.all(Upstream) if row.type == "Observation"]
    assert rows
    assert all(row.target for row in rows)
    assert store.count(Waiting) > len(rows)
    changes.take_in_of(workspace, patient)
    assert [row for row in store.all(Upstream) if row.type == "Observation"] == rows


def _generated(workspace: Workspace) -> set[str]:
    """The patients of the record who are Customers' Patients too."""
    numbers = {key.rpartition("|")[2] for row in workspace.store.all(Waiting) for key in row.keys}
    return {
        patient.id for patient in workspace.store.all(Patient) if numbers & {own.value for own in patient.identifiers}
    }


def test_with_a_delay_every_resource_is_scheduled(folder: Path):
    workspace = started(folder, aggregation_delay=60)
    assert workspace.store.count(Waiting) == 0
    assert workspace.store.count(DueWork) > 50


def test_a_reset_lets_everything_wait_again(served: Client):
    before = served.server.workspaces.default.store.count(Waiting)
    served.http.get("/aggregated/fhir/Patient")
    assert served.server.workspaces.default.store.count(Waiting) == 0
    served.server.workspaces.default.reset(("store",))
    assert served.server.workspaces.default.store.count(Waiting) == before
    assert served.http.get("/aggregated/fhir/Patient").json()["total"] > 0
