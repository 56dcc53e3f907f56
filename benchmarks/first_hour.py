"""The walk of a new user, by the commands of README.md, each timed: `python -m benchmarks.first_hour`

From a fresh clone: install and serve, send the example message, read that patient from the Facade by FHIR; then a
project of one's own with the test of README.md, until it is green. Prints seconds from the beginning; exit code 1 when
something fails, or when a limit is passed: 60 seconds to the patient, five minutes to the green test. What is installed
comes from the network or pip's cache, so a slow network counts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SECONDS_TO_THE_PATIENT, SECONDS_TO_THE_TEST = 60, 300


class Walk:
    """The steps so far, with the seconds since the beginning after each."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def step(self, words: str) -> float:
        seconds = time.monotonic() - self.began
        print(f"{seconds:6.1f} s  {words}", flush=True)
        return seconds


def main() -> int:
    """Walk; the exit code is 0 if every step worked in time."""
    parser = argparse.ArgumentParser(description="Time the walk of a new user by the commands of README.md.")
    parser.add_argument("--repository", default=str(ROOT), help="what is cloned (default: this repository)")
    repository = parser.parse_args().repository
    with tempfile.TemporaryDirectory() as temporary:
        walk = Walk()
        clone = Path(temporary) / "clone"
        subprocess.run(["git", "clone", "--quiet", repository, str(clone)], check=True)
        walk.step("a fresh clone")
        patient = read_a_patient(walk, clone)
        test = run_a_test(walk, clone, Path(temporary) / "project")
    is_good = patient <= SECONDS_TO_THE_PATIENT and test <= SECONDS_TO_THE_TEST
    limits = f"{SECONDS_TO_THE_PATIENT} s to the patient, {SECONDS_TO_THE_TEST} s to the green test"
    print(f"{'within' if is_good else 'over'} the limits: {limits}")
    return 0 if is_good else 1


def blocks(clone: Path) -> list[tuple[str, str]]:
    return BLOCK.findall((clone / "README.md").read_text(encoding="utf-8"))


def block(clone: Path, words: str) -> str:
    """The first block of README.md that contains the words."""
    return next(code for _, code in blocks(clone) if words in code)


def read_a_patient(walk: Walk, clone: Path) -> float:
    """Three commands of README.md; returns the seconds until the patient has been read."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PKB_SANDBOX_PORT": port, "PKB_SANDBOX_URL": url}
    server = subprocess.Popen(
        [
            "bash",
            "-euc",
            block(clone, "sandbox serve").replace(".venv/bin/pkb-sandbox serve", "exec .venv/bin/pkb-sandbox serve"),
        ],
        cwd=clone,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(url, server)
        walk.step("command 1: installed, and serving")
        command(clone, block(clone, "hl7 send"), environment)
        walk.step("command 2: the ADT^A28 is accepted")
        answer = command(clone, block(clone, "client_credentials").replace("http://127.0.0.1:8080", url), environment)
        (entry,) = json.loads(answer)["entry"]
        return walk.step(f"command 3: {entry['resource']['name'][0]['family']} read back from the Facade")
    finally:
        server.terminate()
        server.wait(30)


def run_a_test(walk: Walk, clone: Path, project: Path) -> float:
    """The test of README.md in a project of its own; returns the seconds until it is green."""
    project.mkdir()
    (project / "test_first.py").write_text(block(clone, "pkb_sandbox").replace("fixtures/", f"{clone}/fixtures/"))
    python = clone / ".venv/bin/python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "pytest", f"{clone}[testing]"], check=True)
    walk.step("pytest installed")
    subprocess.run([str(python), "-m", "pytest", "-q", str(project)], check=True, stdout=subprocess.DEVNULL)
    return walk.step("a test of one's own is green")


def command(clone: Path, script: str, environment: dict[str, str]) -> str:
    script = f"set -euo pipefail\n{script}"
    return subprocess.run(
        ["bash", "-c", script], cwd=clone, env=environment, check=True, capture_output=True, text=True
    ).stdout


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server is ready; end the program if it stops before."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_sandbox/health/ready", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.05)
    sys.exit(f"the server ended with exit code {server.returncode}")


if __name__ == "__main__":
    sys.exit(main())
