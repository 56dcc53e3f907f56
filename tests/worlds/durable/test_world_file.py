"""A data file that begins with a world file has a copy of it, and reads of that only what requests need."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.cli.banner import banner
from sandbox.errors import Invalid, Unusable
from sandbox.settings import Settings
from sandbox.store.durable.connecting import SCHEMA
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.maintenance import check_rows, export_rows
from sandbox.store.world_file.layout import LAYOUT, tables_of_a_file
from sandbox.store.world_file.writing import WorldFileWriter
from sandbox.worlds.workspace import DEFAULT, Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on
from tests.worlds.durable.test_reopening import exported

READ_AT_START = {"organisations", "credentials", "partners", "teams", "users", "due_work"}
"""Tables that a start with a world file may read; none grows with the number of people."""


def alter(file: Path, *statements: str) -> None:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default world as a world file."""
    file = tmp_path_factory.mktemp("worlds") / "world.sqlite"
    workspace = Workspace(DEFAULT, Settings(seed=1))
    with WorldFileWriter(file) as writer:
        writer.attach(workspace.store)
        writer.finish({"last_legacy_id": str(workspace.ids.last_legacy)})
    return file


@pytest.fixture
def unread(world: Path, tmp_path: Path) -> Path:
    """The same, but no record of a table that grows with people can be read."""
    file = tmp_path / "unread.sqlite"
    file.write_bytes(world.read_bytes())
    tables = {table for _, table, _, _ in LAYOUT} - READ_AT_START
    alter(file, *(f"UPDATE \"{table}\" SET entity = '?'" for table in sorted(tables)))
    return file


def record_of(pkb: Sandbox) -> Any:
    return pkb._http.get("/_sandbox/records/9991001379")


def test_no_record_is_read_before_it_is_needed_at_the_first_start_and_later(unread: Path, tmp_path: Path):
    data = tmp_path / "team.db"
    for options in ({"world": str(unread)}, {}):
        with sandbox_on(data, **options) as pkb:
            pkb.advance("PT1M")
            assert record_of(pkb).status_code == 503


def test_changes_of_the_world_are_kept_over_its_copy(world: Path, tmp_path: Path):
    data = tmp_path / "team.db"
    with sandbox_on(data, world=str(world)) as pkb:
        seeded = exported(pkb)
        pkb.checkpoint("seeded")
        assert pkb.send_hl7(example("adt_a28")).code == "AA"
        assert pkb.send_hl7(example("oru_r01_laboratory")).code == "AA"
        patient = pkb.patients[0]["id"]
        pkb._http.post(f"/_sandbox/records/{patient}/freeze", json={"frozen": True}).raise_for_status()
        changed, left = exported(pkb), crashed(data)
    world_gone = left.with_name("elsewhere.db")
    left.rename(world_gone)
    Path(f"{left}-wal").rename(f"{world_gone}-wal")
    for file in (data, world_gone):
        with sandbox_on(file) as pkb:
            assert exported(pkb) == changed
            lines = pkb._http.get("/_sandbox/checkpoints/seeded/diff", headers={"accept": "text/plain"}).text
            assert "frozen" in lines
            pkb._http.post("/_sandbox/checkpoints/seeded/restore").raise_for_status()
            assert exported(pkb) == seeded
    with sandbox_on(data) as pkb:
        assert exported(pkb) == seeded
        pkb._http.post("/_sandbox/reset").raise_for_status()
        assert exported(pkb) == seeded


def test_a_workspace_and_a_compacted_file_go_on_with_the_copy(world: Path, tmp_path: Path):
    data = tmp_path / "team.db"
    with sandbox_on(data, world=str(world)) as pkb:
        pkb._http.post("/_sandbox/workspaces", json={"name": "other"}).raise_for_status()
        assert pkb.send_hl7(example("adt_a28")).code == "AA"
        before = exported(pkb)
    file = DataFile(str(data))
    file.compact()
    lines = [row for row in export_rows(file) if row.get("entity") == "Patient"]
    assert len(lines) == sum(len(tables["patients"]) for tables in before.values())
    assert check_rows(file) > sum(map(len, before["default"].values()))
    file.close()
    with sandbox_on(data) as pkb:
        assert exported(pkb) == before


def test_records_are_read_while_the_file_grows(world: Path, tmp_path: Path):
    data = tmp_path / "team.db"
    with sandbox_on(data, world=str(world)):
        pass
    with sandbox_on(data) as pkb:
        file = pkb._backend._workspaces.keeper._file  # type: ignore[attr-defined]
        file.copy._connection.execute("PRAGMA cache_size = 1")
        size = data.stat().st_size
        pkb.generate(20, 7)
        file._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        assert data.stat().st_size > size
        assert record_of(pkb).status_code == 200
        assert file.copy.count_rows() == sum(len(rows) for rows, _ in file.copy.snapshot.values())
        with pytest.raises(Unusable, match="in use by another process"):
            DataFile(str(data))


def test_what_a_start_prints_needs_only_the_first_patients(world: Path, tmp_path: Path):
    file = tmp_path / "world.sqlite"
    file.write_bytes(world.read_bytes())
    whole = banner(Workspace(DEFAULT, Settings(seed=1)), "http://127.0.0.1:8080")
    alter(file, "UPDATE patients SET entity = '?' WHERE place > 3")
    assert banner(Workspace(DEFAULT, Settings(seed=1, world=str(file))), "http://127.0.0.1:8080") == whole
    assert "App: open in a browser" in whole


@pytest.fixture
def file(world: Path, tmp_path: Path) -> Path:
    """A data file that a server with the world file left."""
    with sandbox_on(tmp_path / "team.db", world=str(world)):
        return tmp_path / "team.db"


@pytest.mark.parametrize(
    "damage",
    ['DROP TABLE "patients/identifier"', "UPDATE credentials SET entity = '?'", "DELETE FROM states"],
)
def test_a_damaged_copy_is_refused_in_one_line(file: Path, damage: str):
    alter(file, damage)
    with pytest.raises(Unusable, match="damaged") as refused:
        Workspaces(Settings(data=str(file)))
    assert str(refused.value).startswith(f"--data {file}")
    assert "\n" not in str(refused.value)


def test_a_check_reads_every_record_of_the_copy(file: Path):
    alter(file, "UPDATE lab_results SET entity = '?'")
    opened = DataFile(str(file))
    with pytest.raises(Unusable, match="is damaged: LabResult"):
        check_rows(opened)
    opened.close()


def test_a_full_disk_leaves_a_file_without_a_world(world: Path, tmp_path: Path):
    workspaces = Workspaces(Settings(data=str(tmp_path / "team.db"), world=str(world)))
    workspaces._stored.file._connection.execute("PRAGMA max_page_count = 20")  # type: ignore[union-attr]
    with pytest.raises(Unusable, match="no space left on the disk"):
        workspaces.keep()
    workspaces._stored.file.close()  # type: ignore[union-attr]
    with sandbox_on(tmp_path / "team.db", world=str(world)) as pkb:
        assert record_of(pkb).status_code == 200


def test_another_world_than_that_of_the_file_is_refused(file: Path, world: Path):
    with pytest.raises(Invalid, match="--world empty"):
        Workspaces(Settings(data=str(file), world="empty"))
    Workspaces(Settings(data=str(file), world=str(world))).close()


def test_tables_of_a_world_file_have_other_names_than_those_of_a_data_file():
    own = {line.split()[2] for line in SCHEMA.splitlines() if line.startswith("CREATE TABLE")}
    assert own.isdisjoint(tables_of_a_file())
    assert own == {"meta", "states", "rows", "items"}
