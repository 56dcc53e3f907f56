"""All journeys, sent to a second sandbox: no difference; and to a changed one: exactly its five changes."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.replay.journeys import report
from tests.replay.journeys.changed_sandbox import CHANGES
from tests.replay.journeys.replayer import SILENT, Journey, Tally, replay

FRESH, CHANGED = "sandbox", "tests.replay.journeys.changed_sandbox"
REACHING_IN = (
    "test_supplied_by_a_team.py",
    "test_withheld.py::test_a_data_point_without_a_label_says_why_it_is_hidden",
    "test_children.py::test_codes_on_paper_do_not_let_a_child_register",
)
"""Journeys that store something in the process of the server, which no other server has: they cannot be replayed."""
INCOMPLETE = (
    r"not sent: signing in is done by the control API, not by the page for people",
    r"not sent: the credentials file has no credential for system-client-[\w-]+ \(system-client\)",
    r"same: the answer was not compared: a fault rule made the recorded one",
    r"same: the body was not compared: the journal kept only its beginning",
)
"""What is not sent, or not compared, of the journeys that are replayed. The one credential is issued in the process."""
_POSITION = re.compile(r"\[\d+\]")
_IN_A_BUNDLE = re.compile(r"Bundle\.entry (?:\((\w+)\))\.resource")


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the recorded journeys, made once for all workers."""
    root = tmp_path_factory.getbasetemp()
    folder = (root if worker_id == "master" else root.parent) / "journeys"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            folder.mkdir(exist_ok=True)
            report.record(folder)
            (folder / "done").touch()
    return folder


def replayable(folder: Path) -> list[Journey]:
    return [journey for journey in all_of(folder) if not journey.obstacles]


def all_of(folder: Path) -> list[Journey]:
    return [Journey.read(file.parent) for file in sorted(folder.glob("*/journey.json"))]


@contextmanager
def another_sandbox(module: str, settings: dict[str, object], folder: Path) -> Iterator[str]:
    """A server in a process of its own, with other ids and tokens; its address."""
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    options = [part for name, value in settings.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", module, "serve", "--port", "0", "--seed", "4711", "--ready-file", str(ready)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PKB_SANDBOX_")}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen([*command, *options], stdout=log, stderr=log, env=variables)
    try:
        yield wait_for(ready, server)
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(ready: Path, server: subprocess.Popen[bytes]) -> str:
    while not ready.exists() or not ready.read_text().strip():
        try:
            server.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"the server ended with {server.returncode}")
    return ready.read_text().strip()


def replay_all(journeys: Path, module: str, folder: Path) -> Tally:
    """Replay all journeys against a sandbox with the settings of theirs."""
    tally = Tally()
    groups: dict[str, list[Journey]] = {}
    for journey in replayable(journeys):
        groups.setdefault(json.dumps(journey.settings), []).append(journey)
    for settings, group in groups.items():
        with another_sandbox(module, json.loads(settings), folder) as url:
            for journey in group:
                for outcome in replay(journey, url):
                    tally.add(journey, outcome)
    return tally


def test_a_second_sandbox_answers_the_journeys_the_same(journeys: Path, tmp_path: Path):
    tally = replay_all(journeys, FRESH, tmp_path)
    assert tally.differences == {}
    assert tally.states["same"] > 9000
    unknown = [reason for reason in tally.reasons if not any(re.fullmatch(pattern, reason) for pattern in INCOMPLETE)]
    assert unknown == []
    assert tally.states["not sent"] < 30


def test_a_sandbox_with_five_changes_differs_in_exactly_these(journeys: Path, tmp_path: Path):
    tally = replay_all(journeys, CHANGED, tmp_path)
    places: dict[str, list[str]] = {}
    for words in tally.differences:
        places.setdefault(place_of(words), []).append(words)
    assert set(places) == set(CHANGES), {place: texts[:2] for place, texts in places.items()}
    for place, example in EXAMPLES.items():
        assert any(example in words for words in places[place]), places[place][:3]


EXAMPLES = {
    "MSA-3": "now",
    "Appointment.end": "in the recording, missing now",
    "Bundle.entry (order)": '"newest first, by start" in the recording, "another order" now',
    "claims.scope": '"none" in the recording, "read" now',
    "status 409": "409 in the recording, 412 now",
}
"""Place → what the words of its differences are like."""


def place_of(words: str) -> str:
    """Where a difference is, without positions; of a status, the recorded one."""
    where, _, rest = words.partition(": ")[2].partition(": ")
    where = _IN_A_BUNDLE.sub(r"\1", _POSITION.sub("", where))
    return f"{where} {rest.split()[0]}" if where == "status" else where


def test_only_what_reaches_into_the_server_or_sends_nothing_is_left_out(journeys: Path):
    left_out = [journey for journey in all_of(journeys) if journey.obstacles]
    others = [journey.name for journey in left_out if not journey.name.startswith(REACHING_IN)]
    assert [name for name in others if name not in silent(journeys)] == []
    assert len(replayable(journeys)) > 400


def silent(folder: Path) -> set[str]:
    """The names of journeys whose server received nothing but control calls."""
    return {journey.name for journey in all_of(folder) if journey.obstacles == [SILENT]}


def test_the_report_of_the_journeys_in_the_docs_is_theirs(journeys: Path):
    fresh = report.as_text(report.merged(journeys))
    assert report.FILE.read_text(encoding="utf-8") == fresh, "python -m tests.replay.journeys.report"
