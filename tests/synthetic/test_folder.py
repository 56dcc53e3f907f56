"""`pkb-sandbox generate`: a synthetic world as a folder, and a sandbox that starts from it."""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from sandbox.app import create_app
from sandbox.fhir.base.releases import release as fhir_release
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.synthetic import endpoint_resources
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

PATIENTS = 24
ENDPOINTS = {"northmoor-stu3": "stu3", "northmoor-r4": "r4", "eastgate-r4": "r4"}


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sandbox", "generate", *arguments], capture_output=True, text=True)


def lines(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8") as opened:
        yield from (json.loads(line) for line in opened)


def content(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "world"
    completed = generate("--patients", str(PATIENTS), "--seed", "9", "-o", str(folder))
    assert completed.returncode == 0, completed.stderr
    assert str(folder) in completed.stdout
    assert completed.stderr == "", "the progress bar is for terminals"
    return folder


@pytest.fixture(scope="module")
def served(world: Path) -> Iterator[Client]:
    with SandboxServer(port=0, world=str(world)) as server:
        client = Client(server)
        yield client
        client.http.close()


def test_progress_is_shown_on_a_terminal(tmp_path: Path):
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "sandbox", "generate", "--patients", "3", "-o", str(tmp_path / "world")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        output = b""
        try:
            while part := os.read(ours, 1024):
                output += part
        except OSError:  # how a terminal ends
            pass
    os.close(ours)
    assert process.returncode == 0
    assert b"patients" in output
    assert b"100%" in output


def test_everybody_is_written_with_a_number_of_their_own(world: Path):
    people = list(lines(world / "people.ndjson"))
    assert len(people) == PATIENTS
    assert len({person["nhs_number"] for person in people}) == PATIENTS
    assert all(person["nhs_number"].startswith("999") for person in people)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(world: Path, tmp_path: Path):
    for seed in ("9", "10"):
        assert generate("--patients", str(PATIENTS), "--seed", seed, "-o", str(tmp_path / seed)).returncode == 0
    assert content(tmp_path / "9") == content(world)
    assert content(tmp_path / "10").keys() == content(world).keys()
    assert content(tmp_path / "10")["people.ndjson"] != content(world)["people.ndjson"]


def test_a_larger_world_begins_with_the_people_of_a_smaller_one(world: Path, tmp_path: Path):
    assert generate("--patients", str(PATIENTS + 3), "--seed", "9", "-o", str(tmp_path / "more")).returncode == 0
    more = list(lines(tmp_path / "more" / "people.ndjson"))
    assert more[:PATIENTS] == list(lines(world / "people.ndjson"))


@pytest.mark.parametrize(("endpoint", "release"), ENDPOINTS.items())
def test_the_resources_of_an_endpoint_are_valid_and_refer_to_each_other(world: Path, endpoint: str, release: str):
    models = importlib.import_module(fhir_release(release).package)
    resources = [row for file in sorted((world / "fhir" / endpoint).glob("*.ndjson")) for row in lines(file)]
    ids = Counter(f"{row['resourceType']}/{row['id']}" for row in resources)
    assert set(ids.values()) == {1}
    for row in resources:
        models.get_fhir_model_class(row["resourceType"]).model_validate(row)
        for reference in references(row):
            assert reference in ids, (row["resourceType"], reference)


def test_the_patients_of_the_endpoints_are_the_people_of_the_record(world: Path):
    people = {person["nhs_number"] for person in lines(world / "people.ndjson")}
    identifiers = {
        row["identifier"][0]["value"]
        for endpoint in ENDPOINTS
        for row in lines(world / "fhir" / endpoint / "Patient.ndjson")
    }
    assert identifiers == people


def test_a_sandbox_starts_from_the_folder(world: Path, served: Client):
    patients = served.control("/world")["patients"]
    numbers = {patient["nhs_number"] for patient in patients}
    for person in lines(world / "people.ndjson"):
        assert person["nhs_number"] in numbers
        record = served.control(f"/records/{person['nhs_number']}")
        assert record["patient"]["id"] == person["id"]
        assert record["documents"]
        assert record["lab_results"]


def test_the_log_tells_how_far_a_world_has_been_read(
    world: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(endpoint_resources, "LOG_EVERY", 10)
    caplog.set_level(logging.INFO, logger="sandbox.world")
    create_app(Workspaces(Settings(world=str(world))))
    total = sum(1 for file in (world / "fhir").rglob("*.ndjson") for _ in lines(file))
    messages = [record.getMessage() for record in caplog.records if record.name == "sandbox.world"]
    assert messages == [
        f"{done} of {total} resources loaded into Customer endpoints" for done in range(10, total + 1, 10)
    ]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_endpoints_hold_the_resources_of_the_folder(world: Path, served: Client, endpoint: str):
    token = served.token("northmoor-fhir" if endpoint.startswith("northmoor") else "eastgate-fhir")
    headers = {"Authorization": f"Bearer {token}"}
    for file in (world / "fhir" / endpoint).glob("*.ndjson"):
        for row in [*lines(file)][:2]:
            address = f"/customer/{endpoint}/fhir/{row['resourceType']}/{row['id']}"
            body = served.http.get(address, headers=headers).json()
            assert {**body, "meta": None} == {**row, "meta": None}


def test_a_reset_brings_the_resources_of_the_folder_back(world: Path, served: Client):
    row = next(lines(world / "fhir" / "northmoor-r4" / "Observation.ndjson"))
    address = f"/customer/northmoor-r4/fhir/Observation/{row['id']}"
    headers = {"Authorization": f"Bearer {served.token('northmoor-fhir')}"}
    assert served.http.delete(address, headers=headers).status_code == 200
    assert served.http.get(address, headers=headers).status_code == 410
    served.http.post("/_sandbox/reset")
    assert served.http.get(address, headers=headers).status_code == 200


def test_a_document_of_the_folder_is_a_pdf(world: Path, served: Client):
    person = next(lines(world / "people.ndjson"))
    record = served.control(f"/records/{person['nhs_number']}")
    attachment = record["documents"][0]["attachment"]
    pdf = served.http.get(f"/_sandbox/records/{person['id']}/attachments/{attachment}")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-1.4")
    assert person["name"].encode("cp1252", "replace") in pdf.content.replace(b"\\", b"")


def test_every_message_of_the_folder_is_accepted(world: Path, pkb: Client):
    for file in (world / "hl7").glob("*.hl7"):
        for text in file.read_bytes().decode().rstrip("\n").split("\n"):
            ack = pkb.send(text, file.stem)
            assert ack.code == "AA", (text, ack.detail)


def test_the_messages_of_the_folder_can_be_sent_as_one_file(world: Path, pkb: Client):
    command = ["hl7", "send", "--url", pkb.server.base_url, str(world / "hl7" / "org_northmoor.hl7")]
    completed = subprocess.run([sys.executable, "-m", "sandbox", *command], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.count("MSA|AA|") > 5 * PATIENTS / 2


def test_a_folder_is_replaced_by_a_later_world(tmp_path: Path):
    folder = tmp_path / "world"
    for patients in (3, 2):
        assert generate("--patients", str(patients), "-o", str(folder)).returncode == 0
    assert len(list(lines(folder / "people.ndjson"))) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--patients", "0"], "patients must be between 1 and 900000, not 0"),
        (["--patients", "900001"], "not 900001"),
        (["--patients", "many"], "many"),
        (["--as-of", "yesterday"], "--as-of yesterday"),
        (["--as-of", "9999-12-31T00:00:00Z"], "not 9999"),
        (["--as-of", "1899-12-31T23:59:59Z"], "not 1899"),
    ],
)
def test_an_impossible_request_is_refused_in_one_line(tmp_path: Path, arguments: list[str], message: str):
    completed = generate(*arguments, "-o", str(tmp_path / "world"))
    assert completed.returncode == 2
    assert message in completed.stderr
    assert len(completed.stderr.splitlines()) == 1
    assert not (tmp_path / "world").exists()


@pytest.mark.parametrize("day", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2028-02-29"])
def test_a_world_is_generated_for_any_supported_day(tmp_path: Path, day: str):
    completed = generate("--patients", "3", "--as-of", day, "-o", str(tmp_path / "world"))
    assert completed.returncode == 0, completed.stderr


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("dear to somebody")
    completed = generate("--patients", "1", "-o", str(tmp_path))
    assert completed.returncode == 2
    assert "thesis.txt" in completed.stderr
    assert (tmp_path / "thesis.txt").read_text() == "dear to somebody"


def test_a_damaged_record_is_named(world: Path, tmp_path: Path):
    copy = tmp_path / "world"
    copy.mkdir()
    (copy / "world.toml").write_text((world / "world.toml").read_text())
    (copy / "record.ndjson").write_text('{"entity":"Patient","id":"p-1"}\n')
    completed = subprocess.run(
        [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--world", str(copy)], capture_output=True, text=True
    )
    assert completed.returncode == 2
    assert "Patient p-1 cannot be read" in completed.stderr


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and "://" not in reference:
            yield reference
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)
