"""A data file that a server cannot start with ends it with exit code 4 and one line; settings that differ, with 2."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.errors import Invalid, Unusable
from sandbox.settings import Settings
from sandbox.store.durable.connecting import FORMAT
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import sandbox_on


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A data file that a server left."""
    with sandbox_on(tmp_path / "world.db") as pkb:
        pkb.send_hl7(example("adt_a28"))
    return tmp_path / "world.db"


def alter(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(statement)
    connection.commit()
    connection.close()


def make_newer(file: Path) -> None:
    alter(file, f"PRAGMA user_version = {FORMAT + 1}")


def make_other(file: Path) -> None:
    alter(file, "PRAGMA application_id = 7")


def make_text(file: Path) -> None:
    file.write_text("[credentials]\n" * 1000, encoding="utf-8")


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwrite_rows(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[8192:-4096] = b"\xff" * len(content[8192:-4096])
    file.write_bytes(content)


def break_row(file: Path) -> None:
    alter(file, "UPDATE rows SET value = '{' WHERE kind = 'Patient'")


def break_kind(file: Path) -> None:
    alter(file, "UPDATE rows SET kind = 'Dragon' WHERE kind = 'Patient'")


def break_item(file: Path) -> None:
    alter(file, "UPDATE items SET value = '{}' WHERE part = 'world'")


def lose_world(file: Path) -> None:
    alter(file, "DELETE FROM items WHERE part = 'seeded'")


def lose_state(file: Path) -> None:
    alter(file, "DELETE FROM states")


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


FILE_DAMAGES = [
    (make_newer, "newer version"),
    (make_other, "not a data file"),
    (make_text, "not a data file"),
    (truncate, "damaged"),
    (overwrite_rows, "damaged"),
    (break_row, "damaged"),
    (break_kind, "damaged"),
    (break_item, "damaged"),
    (lose_world, "damaged"),
    (lose_state, "damaged"),
    (make_folder, "is a folder"),
]


@pytest.mark.parametrize(("damage", "reason"), FILE_DAMAGES)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(file: Path, damage: Callable[[Path], None], reason: str):
    damage(file)
    with pytest.raises(Unusable, match=reason) as refused:
        Workspaces(Settings(data=str(file)))
    assert str(refused.value).startswith(f"--data {file}: ")
    assert "\n" not in str(refused.value)


def test_a_file_of_the_first_format_is_read_and_becomes_one_of_this_format(file: Path):
    alter(file, "PRAGMA user_version = 1")
    with sandbox_on(file) as pkb:
        assert pkb.send_hl7(example("adt_a28")).code == "AA"
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    connection.close()


def test_a_file_in_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(Unusable, match="No such file or directory"):
        Workspaces(Settings(data=str(tmp_path / "none" / "world.db")))


def test_a_second_server_on_the_same_file_is_refused(tmp_path):
    file = tmp_path / "world.db"
    with sandbox_on(file), pytest.raises(Unusable, match="in use by another process"):
        Workspaces(Settings(data=str(file)))


@pytest.mark.parametrize(("setting", "value"), [("world", "empty"), ("seed", 7)])
def test_settings_that_differ_from_the_file_are_refused(file, setting, value):
    with pytest.raises(Invalid, match=f"--{setting} {value}"):
        Workspaces(Settings(data=str(file), **{setting: value}))
    # The file is closed again, and good for a start without the setting.
    Workspaces(Settings(data=str(file))).close()


def test_a_world_file_may_be_named_again(tmp_path):
    world = tmp_path / "own.toml"
    world.write_text("", encoding="utf-8")
    settings = Settings(data=str(tmp_path / "world.db"), world=str(world))
    for _ in range(2):
        workspaces = Workspaces(settings)
        workspaces.keep()
        assert workspaces.default.world == "own"
        workspaces.close()


def test_a_clock_applies_to_every_world_of_the_file(tmp_path):
    file = tmp_path / "world.db"
    with sandbox_on(file) as pkb:
        pkb._http.post("/_sandbox/workspaces", json={"name": "other"})
    with sandbox_on(file, clock="2026-05-01T12:00:00Z") as pkb:
        for name in ("default", "other"):
            clock = pkb._http.get(f"/_sandbox/clock?workspace={name}").json()
            assert (clock["mode"], clock["now"]) == ("frozen", "2026-05-01T12:00:00Z")


def serve(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}, check=False
    )


def test_the_command_ends_with_code_4_and_one_line(file):
    make_newer(file)
    ended = serve("--data", str(file))
    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr.count("\n") == 1
    assert str(file) in ended.stderr


def test_the_command_ends_with_code_2_for_another_world(file):
    ended = serve("--data", str(file), "--seed", "3")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)


def test_a_file_that_only_its_owner_may_read_holds_the_secrets(file):
    assert file.stat().st_mode & 0o077 == 0


def test_a_server_in_memory_loads_no_sqlite():
    script = (
        "import sys; from sandbox.server import SandboxServer; server = SandboxServer(); server.start(); server.stop();"
        "print('sqlite3' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "False"
