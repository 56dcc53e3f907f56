"""A data file over other starting worlds: a world file that is paged, and workspaces of a supplied world beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.errors import Invalid
from sandbox.settings import Settings
from sandbox.synthetic import world_file
from sandbox.synthetic.folder import WorldPlan
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on
from tests.worlds.durable.test_reopening import exported

PEOPLE = 4
ENDS = ["stopped", "killed"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world file of generated people."""
    file = tmp_path_factory.mktemp("worlds") / "world.sqlite"
    world_file.write_world_file(file, WorldPlan(patients=PEOPLE, seed=9))
    return file


def patients(pkb: Sandbox, workspace: str = "default") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pkb._http.get(f"/_sandbox/world?workspace={workspace}").json()["patients"]
    return rows


def remaining(file: Path, end: str, pkb: Sandbox) -> Path:
    """The file as the end of the server leaves it."""
    pkb._http.get("/_sandbox/clock")  # after this, everything is written
    return crashed(file) if end == "killed" else file


@pytest.mark.parametrize("end", ENDS)
def test_a_world_file_goes_on_in_the_data_file(tmp_path: Path, world: Path, end: str):
    file, before = tmp_path / "data.db", world.read_bytes()
    with sandbox_on(file, world=str(world)) as pkb:
        people = len(patients(pkb))
        assert people > PEOPLE
        assert pkb.send_hl7(example("adt_a28")).code == "AA"
        pkb.checkpoint("met")
        pkb._http.post("/_sandbox/workspaces", json={"name": "other"})
        first = patients(pkb)[0]["id"]
        assert pkb._http.post(f"/_sandbox/records/{first}/sharing", json={"disabled": True}).is_success
        kept, left = exported(pkb), remaining(file, end, pkb)
    assert world.read_bytes() == before
    with sandbox_on(left) as again:
        assert exported(again) == kept
        assert len(patients(again)) == people + 1
        assert len(patients(again, "other")) == people
        again._http.post("/_sandbox/checkpoints/met/restore")
        assert again._http.get(f"/_sandbox/records/{first}").json()["patient"]["sharing_disabled"] is False
        again.reset()
        assert len(patients(again)) == people
        again.generate(1, 3)
        assert len(patients(again)) == people + 1


def test_a_data_file_goes_on_without_its_world_file(tmp_path: Path, world: Path):
    copy, file = tmp_path / "world.sqlite", tmp_path / "data.db"
    copy.write_bytes(world.read_bytes())
    with sandbox_on(file, world=str(copy)) as pkb:
        kept = exported(pkb)
    copy.unlink()
    with sandbox_on(file) as again:
        assert exported(again) == kept
        refused = again._http.post("/_sandbox/workspaces", json={"name": "new"})
        assert refused.status_code == 201, refused.text


def test_another_world_file_is_refused(tmp_path: Path, world: Path):
    file, other = tmp_path / "data.db", tmp_path / "other.sqlite"
    other.write_bytes(world.read_bytes())
    with sandbox_on(file, world=str(world)):
        pass
    with pytest.raises(Invalid, match=r"--world .*other\.sqlite: --data .* was started with world"):
        Workspaces(Settings(data=str(file), world=str(other)))
    with sandbox_on(file, world=str(world)) as same:
        assert len(patients(same)) > PEOPLE


@pytest.mark.parametrize("end", ENDS)
def test_workspaces_of_a_supplied_world_go_on_beside_a_world_file(tmp_path: Path, world: Path, end: str):
    file = tmp_path / "data.db"
    with sandbox_on(file, world=str(world)) as pkb:
        for name, starting in (("first", "default"), ("second", "default"), ("third", None)):
            body = {"name": name, **({"world": starting} if starting else {})}
            assert pkb._http.post("/_sandbox/workspaces", json=body).status_code == 201
        pkb._http.post("/_sandbox/generate?workspace=second", json={"patients": 2, "seed": 4})
        counts = {name: len(patients(pkb, name)) for name in ("default", "first", "second", "third")}
        assert counts["first"] + 2 == counts["second"] < counts["third"] == counts["default"]
        kept, left = exported(pkb), remaining(file, end, pkb)
    with sandbox_on(left) as again:
        assert exported(again) == kept
        assert {name: len(patients(again, name)) for name in counts} == counts
        again._http.post("/_sandbox/reset?workspace=second")
        assert len(patients(again, "second")) == counts["first"]
        later = again._http.post("/_sandbox/workspaces", json={"name": "later", "world": "default"})
        assert (later.status_code, later.json()["world"]["name"]) == (201, "default")
        assert len(patients(again, "later")) == counts["first"]
