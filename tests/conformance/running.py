"""Runs a profile with a client: the command in this process, the client in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from click.testing import Result

from tests.cli.test_cli import run as invoke
from tests.support import Client

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """The result of the command, its JUnit file, and the run as the control API shows it."""

    result: Result
    suite: ElementTree.Element
    run: Json
    faults: list[Json]

    @property
    def failed(self) -> list[str]:
        return [step["name"] for step in self.run["steps"] if step["state"] != "passed"]

    def step(self, name: str) -> Json:
        return next(step for step in self.run["steps"] if step["name"] == name)


def run_profile(
    pkb: Client, profile: str, folder: Path, *, bug: str = "", steps: tuple[str, ...] = (), timeout: float = 15
) -> Outcome:
    """Run a profile in a world of its own, with the client of its name."""
    world, url, junit = f"conf-{uuid.uuid4().hex[:8]}", pkb.server.base_url, folder / "junit.xml"
    created = pkb.http.post("/_sandbox/workspaces", json={"name": world})
    assert created.status_code == 201, created.text
    terminal = f"/_sandbox/conformance/{profile}?workspace={world}"
    environment = {
        "PATH": os.environ["PATH"],
        "PKB_URL": url,
        "PKB_CREDENTIALS": json.dumps(pkb.control(f"/credentials?workspace={world}")),
        "PKB_TERMINAL": url + terminal,
        "PKB_BUG": bug,
    }
    module = f"tests.conformance.clients.{profile.replace('-', '_')}"
    arguments = [
        "--timeout",
        str(timeout),
        "--settle",
        "0.3",
        "--junit",
        str(junit),
        *(a for s in steps for a in ("--step", s)),
    ]
    with subprocess.Popen([sys.executable, "-m", module], cwd=ROOT, env=environment, stderr=subprocess.PIPE) as client:
        try:
            result = invoke("conformance", profile, *arguments, PKB_SANDBOX_URL=url, PKB_SANDBOX_WORKSPACE=world)
            with suppress(subprocess.TimeoutExpired):
                client.wait(10)
        finally:
            client.kill()
        trace = client.stderr.read().decode() if client.stderr else ""
    assert trace == "", trace
    assert junit.is_file(), (result.output, result.exception)
    outcome = Outcome(
        result=result,
        suite=ElementTree.fromstring(junit.read_text(encoding="utf-8")),
        run=pkb.control(terminal.removeprefix("/_sandbox")),
        faults=pkb.control(f"/faults?workspace={world}")["rules"],
    )
    assert pkb.http.delete(f"/_sandbox/workspaces/{world}").status_code == 204
    return outcome
