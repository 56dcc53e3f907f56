"""`pkb-sandbox generate --format sqlite`: a world file, and a sandbox that serves it as it serves the same folder."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox import Sandbox
from sandbox.access.credentials import list_credentials
from sandbox.app import create_app
from sandbox.cli import generate
from sandbox.errors import Invalid
from sandbox.fhir.aggregated.intake import changes, sync
from sandbox.model import Consent, DueWork, Organisation, Patient, Resource, ResourceVersion
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.store.schema import TABLES
from sandbox.store.world_file.opening import open_world_file
from sandbox.synthetic import folder, world_file
from sandbox.synthetic.folder import WorldPlan
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

PLAN = WorldPlan(patients=24, seed=9)
AT = "2026-01-01T09:00:00Z"
WORKED_OUT = ("Aggregate", "Mapped", "Resource", "ResourceVersion", "Upstream")
"""Kinds whose rows say when they were stored."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("worlds") / "world.sqlite"
    world_file.write_world_file(file, PLAN)
    return file


@pytest.fixture(scope="module")
def served(file: Path) -> Iterator[Client]:
    with SandboxServer(port=0, world=str(file)) as server:
        client = Client(server)
        yield client
        client.http.close()


def workspaces(world: Path, **options: Any) -> Workspaces:
    loaded = Workspaces(Settings(world=str(world), clock=AT, **options))
    create_app(loaded)
    return loaded


def content(resource: Resource) -> Any:
    """A resource without the time at which it was stored, and without versions."""
    body = json.loads(resource.text or "{}")
    body.get("meta", {}).pop("versionId", None)
    return body


def rows_of(store: Store, kind: type) -> dict[str, Any]:
    entities: Iterator[Any] = store.all(kind)
    return {entity.id: entity for entity in entities}


def newest(rows: dict[str, Any]) -> dict[str, Any]:
    """The content of each resource; versions are numbered in the order of writing, which differs."""
    return {id_.partition("/_history")[0]: content(row) for id_, row in rows.items()}


def test_the_file_has_the_state_of_the_folder(file: Path, tmp_path: Path):
    folder.write_world_folder(tmp_path / "world", PLAN)
    by_folder, by_file = workspaces(tmp_path / "world").default, workspaces(file).default
    asyncio.run(changes.take_in_all(by_folder))
    patients: list[Patient] = list(by_folder.store.all(Patient))
    sync.map_patients(by_folder.store, patients, by_folder.clock.now(), all_mapped=False)
    for kind in TABLES:
        first, second = (rows_of(world.store, kind) for world in (by_folder, by_file))
        if kind.__name__ not in WORKED_OUT:
            assert first == second
        elif kind in (Resource, ResourceVersion):
            assert newest(first) == newest(second)
        elif kind.__name__ != "Mapped":
            assert first.keys() == second.keys()
    endpoints = {organisation.id: organisation.endpoints for organisation in by_file.store.all(Organisation)}
    assert any(endpoints.values())


@pytest.mark.parametrize(
    ("endpoint", "client"),
    [
        ("northmoor-stu3", "northmoor-fhir"),
        ("northmoor-r4", "northmoor-fhir"),
        ("eastgate-r4", "eastgate-fhir"),
        ("aggregated", "northmoor-fhir"),
    ],
)
def test_every_endpoint_finds_the_people_of_the_file(served: Client, endpoint: str, client: str):
    base, headers = served.server.fhir_url(endpoint), {"Authorization": f"Bearer {served.token(client)}"}
    bundle = served.http.get(f"{base}/Patient?_sort=birthdate&_count=100", headers=headers).json()
    births = [entry["resource"]["birthDate"] for entry in bundle["entry"] if "birthDate" in entry["resource"]]
    assert len(births) >= 12
    assert births == sorted(births)
    family = bundle["entry"][0]["resource"]["name"][0]["family"]
    bundle = served.http.get(f"{base}/Patient?family={family}", headers=headers).json()
    assert family in {entry["resource"]["name"][0]["family"] for entry in bundle["entry"]}


def test_every_person_of_the_file_has_a_record(served: Client):
    patients = served.control("/world")["patients"]
    assert len(patients) > PLAN.patients
    for patient in patients[-PLAN.patients :]:
        record = served.control(f"/records/{patient['nhs_number']}")
        assert record["patient"]["id"] == patient["id"]
        assert record["lab_results"]


def test_worlds_of_one_file_change_apart_and_go_back(served: Client):
    name = f"of-the-file-{served.server.port}"
    created = served.http.post("/_sandbox/workspaces", json={"name": name}).json()
    assert created["world"]["patients"] == len(served.control("/world")["patients"])
    ids = {row.get("username") or row["client_id"] for row in created["credentials"]}
    others = served.control("/credentials")["credentials"]
    assert ids.isdisjoint(row.get("username") or row["client_id"] for row in others)
    patient = served.control("/world")["patients"][-1]
    served.http.post("/_sandbox/checkpoints", json={"name": "before"}, params={"workspace": name})
    served.http.post(
        f"/_sandbox/records/{patient['id']}/freeze", json={"frozen": True}, params={"workspace": name}
    ).raise_for_status()
    difference = served.http.get("/_sandbox/checkpoints/before/diff", params={"workspace": name}).json()
    assert [entry["patient"] for entry in difference["changed"]] == [patient["id"]]
    original, copied = (
        served.http.get(f"/_sandbox/records/{patient['id']}", params=params).json()["patient"]
        for params in ({}, {"workspace": name})
    )
    assert original != copied
    served.http.post("/_sandbox/reset", params={"workspace": name}).raise_for_status()
    assert (
        served.http.get(f"/_sandbox/records/{patient['id']}", params={"workspace": name}).json()["patient"] == original
    )
    served.http.delete(f"/_sandbox/workspaces/{name}").raise_for_status()


def test_a_list_of_credentials_reads_only_the_patients_who_can_sign_in(file: Path, tmp_path: Path):
    complete = {row.get("client_id"): row.get("users") for row in list_credentials(workspaces(file).default)}
    able = {user["id"] for users in complete.values() for user in users or () if user["scope"] == "PATIENT"}
    unread = tmp_path / "unread.sqlite"
    unread.write_bytes(file.read_bytes())
    connection = sqlite3.connect(unread)
    marks = ",".join("?" * len(able))
    others = connection.execute(f"UPDATE patients SET entity = '?' WHERE id NOT IN ({marks})", (*able,)).rowcount
    connection.commit()
    connection.close()
    assert able
    assert others > len(able)
    with Sandbox(mode="asgi", world=str(unread)) as pkb:
        rows = pkb._http.get("/_sandbox/credentials").raise_for_status().json()["credentials"]
        assert {row.get("client_id"): row.get("users") for row in rows} == complete
        pkb._http.post("/_sandbox/workspaces", json={"name": "other"}).raise_for_status()
        for page in ("start/credentials?type=app", "bench/workspaces/other", "try/oauth"):
            pkb._http.get(f"/_sandbox/console/{page}").raise_for_status()


def test_a_request_for_a_damaged_part_is_503_and_others_are_answered(file: Path, tmp_path: Path):
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(file.read_bytes())
    connection = sqlite3.connect(damaged)
    connection.execute("UPDATE patients SET entity = '?' WHERE place > 20")
    connection.commit()
    connection.close()
    with SandboxServer(port=0, world=str(damaged)) as server:
        client = Client(server)
        assert client.control("/workspaces")["workspaces"]
        refused = client.http.get("/_sandbox/world")
        assert (refused.status_code, refused.json()["status"]) == (503, 503)
        assert "world file is damaged" in refused.json()["detail"]
        assert str(tmp_path) not in refused.text
        client.http.close()


def test_a_carer_whose_access_has_ended_since_is_settled_without_notice(file: Path):
    world = workspaces(file).default
    due = min(world.store.all(DueWork), key=lambda work: work.at)
    later = Workspaces(Settings(world=str(file), clock="2045-01-01T09:00:00Z")).default
    assert later.store.find_one(DueWork, due.id) is None
    assert later.store.get(Consent, due.subject).discharged
    assert later.catch_up() == []


def test_a_custom_statement_for_an_endpoint_of_the_file_is_refused(file: Path, tmp_path: Path):
    statement = Path(__file__).parents[2] / "capability_statements" / "customer_r4.json"
    with pytest.raises(Invalid, match=r"--capability-statement northmoor-r4: .*world\.sqlite"):
        workspaces(file, capability_statement=(f"northmoor-r4={statement}",))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sandbox", *arguments], capture_output=True, text=True)


def test_the_command_writes_a_file_and_says_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runner = CliRunner()
    monkeypatch.setattr(generate, "LINE_EVERY", 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    result = runner.invoke(generate.generate, ["--patients", "5", "--format", "sqlite"])
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines() == ["2 of 5 patients written", "4 of 5 patients written"]
    assert result.stdout == (
        "5 patients in synthetic-world.sqlite: serve them with\n  pkb-sandbox serve --world synthetic-world.sqlite\n"
    )
    information = open_world_file(tmp_path / "synthetic-world.sqlite").information
    assert information["text"] == "5 synthetic patients, generated with seed 1"


def test_an_interrupted_command_leaves_no_file(tmp_path: Path):
    arguments = ["generate", "--patients", "5000", "--format", "sqlite", "-o", str(tmp_path / "world.sqlite")]
    with subprocess.Popen([sys.executable, "-m", "sandbox", *arguments], stderr=subprocess.PIPE) as process:
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
    assert list(tmp_path.iterdir()) == []


def test_any_other_file_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.sqlite").write_text("dear to somebody")
    completed = command("generate", "--patients", "1", "--format", "sqlite", "-o", str(tmp_path / "thesis.sqlite"))
    assert completed.returncode == 2
    assert "thesis.sqlite exists and is not a world file" in completed.stderr
    assert (tmp_path / "thesis.sqlite").read_text() == "dear to somebody"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is not a world file"), (b"SQLite format 3\0" + bytes(200), "is not a world file")]
)
def test_a_file_that_cannot_be_served_is_named_in_one_line(tmp_path: Path, content: bytes, reason: str):
    (tmp_path / "bad.sqlite").write_bytes(content)
    completed = command("serve", "--port", "0", "--world", str(tmp_path / "bad.sqlite"))
    assert completed.returncode == 2
    assert len(completed.stderr.splitlines()) == 1
    assert f"bad.sqlite {reason}" in completed.stderr


def test_a_server_without_a_world_file_does_not_load_sqlite():
    script = (
        "import sys; from sandbox.server import SandboxServer; SandboxServer(port=0); print('sqlite3' in sys.modules)"
    )
    completed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert completed.stdout == "False\n"
