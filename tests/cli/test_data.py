"""`pkb-sandbox data`: a data file is checked, exported and compacted."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox.cli import main
from tests.hl7.samples import example
from tests.worlds.durable.files import sandbox_on
from tests.worlds.durable.test_opening import FILE_DAMAGES
from tests.worlds.durable.test_reopening import exported


def data(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["data", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two worlds and a chain of states."""
    with sandbox_on(tmp_path / "world.db") as pkb:
        pkb.send_hl7(example("adt_a28"))
        for seed in range(4):
            pkb.checkpoint("again")
            pkb.generate(1, seed)
            pkb.reset() if seed == 1 else pkb._http.post("/_sandbox/checkpoints/again/restore")
            pkb.generate(1, seed + 10)
        pkb._http.post("/_sandbox/workspaces", json={"name": "other"})
        patients = pkb._http.get("/_sandbox/world").json()["patients"]
        assert pkb._http.post(f"/_sandbox/records/{patients[0]['id']}/sharing", json={"disabled": True}).is_success
    return tmp_path / "world.db"


def test_a_good_file_is_checked(file):
    result = data("check", str(file))
    assert (result.exit_code, "all readable" in result.output) == (0, True)


@pytest.mark.parametrize(("damage", "reason"), FILE_DAMAGES)
def test_a_damaged_file_is_exit_code_4_and_one_line(file, damage, reason):
    damage(file)
    result = data("check", str(file))
    assert (result.exit_code, result.output.count("\n")) == (4, 1)
    assert reason in result.output


def test_a_damaged_index_is_found(file):
    with sqlite3.connect(file) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'row_ids'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(file.read_bytes())
    content[root * size - 100 : root * size] = bytes(100)
    file.write_bytes(content)
    assert data("check", str(file)).exit_code == 4


@pytest.mark.parametrize("command", ["check", "export", "compact"])
def test_a_file_that_does_not_exist_is_not_made(command, tmp_path):
    result = data(command, str(tmp_path / "none.db"))
    assert (result.exit_code, "does not exist" in result.output) == (4, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "export", "compact"])
def test_a_file_of_a_running_server_is_refused(command, tmp_path):
    file = tmp_path / "world.db"
    with sandbox_on(file):
        result = data(command, str(file))
    assert (result.exit_code, "in use by another process" in result.output) == (4, True)


def test_an_export_has_each_entity_of_each_world(file, tmp_path):
    with sandbox_on(file) as pkb:
        worlds = exported(pkb)
    result = data("export", str(file))
    rows = [json.loads(line) for line in result.output.splitlines()]
    entities = [row for row in rows if "entity" in row]
    assert len(entities) == sum(len(table) for world in worlds.values() for table in world.values())
    assert {row["world"] for row in entities} > {"default"}
    assert {row["part"] for row in rows if "part" in row} >= {"world", "seeded", "checkpoint", "start"}
    output = tmp_path / "export.ndjson"
    assert data("export", str(file), "-o", str(output)).exit_code == 0
    assert output.read_text(encoding="utf-8") == result.output
    assert data("export", str(file), "-o", str(tmp_path)).exit_code == 2


def test_a_compacted_file_is_smaller_and_has_the_same_worlds(file):
    with sandbox_on(file) as pkb:
        worlds = exported(pkb)
        checkpoint = pkb._http.get("/_sandbox/checkpoints/again/diff").json()
    before = data("export", str(file)).output
    size = file.stat().st_size
    result = data("compact", str(file))
    assert result.exit_code == 0
    assert file.stat().st_size <= size
    assert data("export", str(file)).output == before
    with sqlite3.connect(file) as connection:
        (states,) = connection.execute("SELECT count(*) FROM states").fetchone()
    connection.close()
    assert states <= 5  # seeded, checkpoint and present of the default world; seeded and present of the other
    with sandbox_on(file) as pkb:
        assert exported(pkb) == worlds
        assert pkb._http.get("/_sandbox/checkpoints/again/diff").json() == checkpoint
