"""A recording of the journey, made once, and the command that replays it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sandbox import Sandbox
from sandbox.base import datafiles
from tests.cli.test_cli import run as invoke
from tests.replay.journey import TOLA_EMAIL, travel

Json = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A recording, and every secret that the sandbox gave out while it was made."""

    folder: Path
    secrets: frozenset[str]
    exchanges: int


def record(pkb: Sandbox, folder: Path) -> Path:
    """The journal of a sandbox as a recording in a new folder."""
    result = invoke("record", "--url", pkb.base_url, "--to", str(folder), "--workspace", pkb.workspace_name)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    folder = tmp_path_factory.mktemp("recorded") / "journey"
    with Sandbox() as pkb:
        tokens = pkb.sign_in(TOLA_EMAIL)
        travel(pkb)
        secrets = {tokens.access_token, tokens.refresh_token}
        secrets |= {row[key] for row in pkb.credentials for key in SECRETS if row.get(key)}
        secrets |= {user["password"] for row in pkb.credentials for user in row.get("users", ())}
        count = len(pkb.exchanges)
        result = invoke("record", "--url", pkb.base_url, "--to", str(folder))
    assert result.exit_code == 0, result.output
    return Recorded(folder, frozenset(secrets), count)


SECRETS = ("password", "client_secret", "refresh_token")


@dataclass(frozen=True)
class Replayed:
    """What the command printed, its exit code, and its report as JSON."""

    result: Result
    report: Json

    @property
    def differences(self) -> list[str]:
        """Each difference in words, with the operation of its exchange."""
        rows = self.report["exchanges"]
        return [f"{row['operation']}: {entry['text']}" for row in rows for entry in row["differences"]]


ReplayCommand = Callable[..., Replayed]


@pytest.fixture
def replay(recorded: Recorded, tmp_path: Path) -> ReplayCommand:
    """Replays the recording against a sandbox, with the credentials of its world."""

    def run(pkb: Sandbox, *options: str, folder: Path = recorded.folder) -> Replayed:
        credentials, report = tmp_path / "credentials.json", tmp_path / "report.json"
        credentials.write_text(json.dumps({"credentials": pkb.credentials}))
        where = ("--against", pkb.base_url, "--credentials", str(credentials), "--json", str(report))
        result = invoke("replay", str(folder), *where, *options)
        assert report.exists(), result.output
        return Replayed(result, json.loads(report.read_text()))

    return run


@pytest.fixture
def other_people(tmp_path: Path) -> Path:
    """The default world with other names, numbers, dates and addresses of some people."""
    return changed_world(tmp_path, *CHANGES)


CHANGES = (
    ("Tola", "Toyin"),
    ("Adeyemi", "Okonjo"),
    ("12 Ropewalk", "7 Mill Lane"),
    ("07700900101", "07700900999"),
    ("1988-02-14", "1971-03-05"),
    ("NM00401", "NM77401"),
    ("Halloran", "O'Shea"),
)


def changed_world(folder: Path, *changes: tuple[str, str]) -> Path:
    """The default world, in a folder of its own, with texts replaced."""
    copied = Path(shutil.copytree(datafiles.path("fixtures/worlds"), folder / "worlds"))
    text = (copied / "default.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file = copied / "changed.toml"
    file.write_text(text, encoding="utf-8")
    return file
