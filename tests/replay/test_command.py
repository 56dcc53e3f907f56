"""The commands `record` and `replay`: what cannot be carried out is one line and exit code 2."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sandbox import Sandbox
from sandbox.cli.exit_codes import BAD_OPTION
from tests.cli.test_cli import run as invoke
from tests.hl7.samples import A28
from tests.replay.conftest import Recorded
from tests.support import Client

ROWS = [{"kind": "hl7-org", "username": "org_northmoor", "password": "northmoor-Hl7-2026"}]


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"credentials": ROWS}))
    return file


@pytest.fixture
def folder(recorded: Recorded, tmp_path: Path) -> Path:
    """A copy of the recording, to break."""
    return Path(shutil.copytree(recorded.folder, tmp_path / "copy"))


def assert_refused(result: Result, *parts: str) -> None:
    assert (result.exit_code, result.stdout) == (BAD_OPTION, ""), result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("pkb-sandbox: replay: "), line
    assert all(part in line for part in parts), line


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def replay(folder: Path, credentials: Path, *options: str, url: str = "") -> Result:
    against = url or f"http://127.0.0.1:{free_port()}"
    return invoke("replay", str(folder), "--against", against, "--credentials", str(credentials), *options)


BREAKS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no index": (lambda folder: (folder / "recording.json").unlink(), "recording.json cannot be read"),
    "an index that is not JSON": (lambda folder: (folder / "recording.json").write_text("{"), "is not JSON"),
    "another index": (lambda folder: (folder / "recording.json").write_text("{}"), "not the index of a recording"),
    "a later version": (
        lambda folder: rewrite(folder / "recording.json", version=2),
        "has version 2; this command reads 1",
    ),
    "an index without an order": (lambda folder: rewrite(folder / "recording.json", order=["x"]), "the exchange x"),
    "dependencies that are none": (
        lambda folder: rewrite(folder / "recording.json", dependencies=[{"a": 1}]),
        "recording.json is broken",
    ),
    "no archive": (lambda folder: (folder / "exchanges.har").unlink(), "exchanges.har cannot be read"),
    "an archive of something else": (
        lambda folder: (folder / "exchanges.har").write_text('{"log":{"entries":[{"request":{}}]}}'),
        "not an archive of a sandbox's journal: 'response' is missing",
    ),
    "an archive of bytes": (lambda folder: (folder / "exchanges.har").write_bytes(b"\xff\xfe\x00"), "is not JSON"),
}


def rewrite(file: Path, **changed: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changed}))


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_recording_is_one_line(name: str, folder: Path, credentials: Path):
    damage, text = BREAKS[name]
    damage(folder)
    assert_refused(replay(folder, credentials), text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "is not JSON"),
        ("{}", "has no list of credentials"),
        ('{"credentials":[{"kind":"hl7-org"}]}', "credential 1 needs kind, and client_id or username"),
        ('{"credentials":[{"kind":"other","client_id":"x"}]}', "no credential of a kind that the recording uses"),
    ],
)
def test_a_file_without_credentials_is_one_line(content: str, text: str, recorded: Recorded, credentials: Path):
    credentials.write_text(content)
    assert_refused(replay(recorded.folder, credentials), "--credentials", text)


def test_a_missing_file_of_credentials_is_one_line(recorded: Recorded, tmp_path: Path):
    assert_refused(replay(recorded.folder, tmp_path / "none.json"), "none.json cannot be read")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8080", "http://", "http://[::1", "http://127.0.0.1:0"])
def test_what_is_not_an_address_is_one_line(url: str, recorded: Recorded, credentials: Path):
    assert_refused(replay(recorded.folder, credentials, url=url), f"--against {url} is not an http or https URL")


def test_a_server_that_is_not_there_is_one_line(recorded: Recorded, credentials: Path):
    assert_refused(replay(recorded.folder, credentials), "no response from http://127.0.0.1:", "refused")


@pytest.mark.parametrize("kind", ["hl7-org", "system-client", "customer-system-client"])
def test_a_wrong_secret_is_one_line(kind: str, recorded: Recorded, credentials: Path):
    with Sandbox() as other:
        rows = other.credentials
        row = next(row for row in rows if row["kind"] == kind)
        row["password" if kind == "hl7-org" else "client_secret"] = "wrong"
        credentials.write_text(json.dumps({"credentials": rows}))
        name = row.get("username") or row["client_id"]
        assert_refused(replay(recorded.folder, credentials, url=other.base_url), f"refused the credential {name}: 401")


def test_an_address_that_is_not_loopback_needs_yes_without_a_terminal(recorded: Recorded, credentials: Path):
    result = replay(recorded.folder, credentials, url="https://pkb.invalid")
    assert_refused(result, "--against https://pkb.invalid is not loopback", "--yes is needed")
    result = replay(recorded.folder, credentials, "--yes", url="https://pkb.invalid")
    assert_refused(result, "no response from https://pkb.invalid")


def test_a_dry_run_connects_nowhere_and_prints_what_would_be_sent(
    recorded: Recorded, credentials: Path, tmp_path: Path
):
    plan = tmp_path / "plan.json"
    result = replay(recorded.folder, credentials, "--dry-run", "--json", str(plan), url="https://pkb.invalid")
    assert result.exit_code == 0, result.output
    lines = re.sub(r"\n {4,}", " ", result.stdout).splitlines()
    assert len(lines) == recorded.exchanges == len(json.loads(plan.read_text())["requests"])
    assert lines[1].startswith("2 POST https://pkb.invalid/services/hl7 as org_northmoor, ")
    assert any(re.search(r"/fhir/Patient/\{id of \d+\} as letterbox-facade", line) for line in lines)
    assert any("the credentials file has no credential for northmoor-fhir" in line for line in lines)


def test_recording_again_into_the_same_folder_is_refused(recorded: Recorded, pkb: Client):
    pkb.send(A28)
    result = invoke("record", "--url", pkb.server.base_url, "--to", str(recorded.folder))
    assert result.exit_code == BAD_OPTION
    assert result.stderr == f"pkb-sandbox: record: {recorded.folder} is not an empty folder\n"


def test_an_empty_journal_is_not_recorded(pkb: Client, tmp_path: Path):
    result = invoke("record", "--url", pkb.server.base_url, "--to", str(tmp_path / "none"))
    assert result.exit_code == BAD_OPTION
    assert "the journal is empty" in result.stderr
    assert not (tmp_path / "none").exists()


def test_a_journal_that_dropped_exchanges_is_recorded_with_a_warning(tmp_path: Path):
    with Sandbox(journal_exchanges=2) as pkb:
        for _ in range(5):
            pkb.send_hl7(A28)
        result = invoke("record", "--url", pkb.base_url, "--to", str(tmp_path / "short"))
    assert result.exit_code == 0
    assert result.stderr == "The recording is incomplete. The journal has discarded 3 older exchanges.\n"
    assert result.stdout.endswith("Exchanges: 2; dependencies: 0.\n")


def test_on_a_terminal_it_asks_first_and_sends_nothing_without_a_yes(recorded: Recorded, credentials: Path):
    arguments = ["replay", str(recorded.folder), "--against", "http://pkb.invalid", "--credentials", str(credentials)]
    master, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments], stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        output = os.read(master, 4096)
        os.write(master, b"n\n")
        assert process.wait(30) == BAD_OPTION
    os.close(master)
    assert output.startswith(b"Send the recorded requests, with their contents, to http://pkb.invalid? [y/N]:")


def test_a_terminal_sees_how_far_the_replay_is(recorded: Recorded, tmp_path: Path):
    with Sandbox() as other:
        file = tmp_path / "credentials.json"
        file.write_text(json.dumps({"credentials": other.credentials}))
        arguments = ["replay", str(recorded.folder), "--against", other.base_url, "--credentials", str(file)]
        master, terminal = pty.openpty()
        command = [sys.executable, "-m", "sandbox", *arguments]
        with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal) as process:
            os.close(terminal)
            output, _ = process.communicate(timeout=60)
        bar = os.read(master, 65536)
        os.close(master)
    assert process.returncode == 0
    assert b"Replaying" in bar
    assert b"100%" in bar
    assert output.startswith(b"0 differences in 0 of ")
