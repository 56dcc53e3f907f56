"""A synthetic world, written by the running process: into which folders, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.errors import Invalid
from sandbox.synthetic.folder import WorldPlan, write_world_folder


def test_each_person_is_counted_and_written_for_every_api(tmp_path: Path):
    written: list[int] = []
    write_world_folder(tmp_path / "world", WorldPlan(patients=2, seed=5), lambda: written.append(1))
    assert len(written) == 2
    assert (tmp_path / "world/world.toml").is_file()
    endpoints = sorted(folder.name for folder in (tmp_path / "world/fhir").iterdir())
    assert endpoints == ["eastgate-r4", "northmoor-r4", "northmoor-stu3"]
    patients = (tmp_path / "world/fhir/northmoor-r4/Patient.ndjson").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["resourceType"] for line in patients] == ["Patient"] * len(patients)


def test_a_world_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path):
    folder = tmp_path / "world"
    write_world_folder(folder, WorldPlan(patients=1, seed=1))
    write_world_folder(folder, WorldPlan(patients=1, seed=2))
    (folder / "letters.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(Invalid, match=r"letters\.txt|world"):
        write_world_folder(folder, WorldPlan(patients=1, seed=3))
    assert (folder / "letters.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (WorldPlan(patients=0, seed=1), "patients must be between 1 and"),
        (WorldPlan(patients=1, seed=1, as_of=datetime(1066, 10, 14, tzinfo=UTC)), "as-of must be in the years"),
    ],
    ids=["nobody", "a day long ago"],
)
def test_a_plan_that_cannot_be_is_refused(tmp_path: Path, plan: WorldPlan, text: str):
    with pytest.raises(Invalid, match=text):
        write_world_folder(tmp_path / "world", plan)
    assert not (tmp_path / "world").exists()
