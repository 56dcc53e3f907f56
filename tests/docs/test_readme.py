"""The first screen of README.md: what it shows for curl, pytest and Docker works as it stands."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import Client
from tests.testing.engine import Engine

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def block(language: str, text: str) -> str:
    """The one block in a language that contains a text."""
    (code,) = [code for name, code in BLOCKS if name == language and text in code]
    return code


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_lines_with_curl_read_the_patient_that_the_example_message_brought(pkb: Client):
    assert pkb.send((ROOT / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8")).code == "AA"
    script = block("sh", "client_credentials").replace("http://127.0.0.1:8080", pkb.server.base_url)
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    (entry,) = json.loads(ran.stdout)["entry"]
    assert entry["resource"]["name"][0]["family"] == "Khatun"


def test_the_test_passes(pytester: pytest.Pytester):
    (pytester.path / "fixtures").symlink_to(ROOT / "fixtures")
    pytester.makepyfile(block("python", "pkb_sandbox"))
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "--pkb-mode", "asgi", timeout=240)
    result.assert_outcomes(passed=1)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_lines_with_docker_work_but_for_docker(tmp_path: Path):
    build, run, curl = block("sh", "docker").splitlines()
    (image,) = re.findall(r"-t (\S+) \.", build)
    (variable,) = re.findall(r"--env (\S+)", run)
    assert run.endswith(f" {image}")
    container = Engine(tmp_path, created={"Env": [variable]})
    container.start()
    try:
        command = ["bash", "-c", curl.replace("http://127.0.0.1:8080", container.address)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        container.stop()
    assert json.loads(ran.stdout)["credentials"]


def test_the_readme_is_one_screen():
    text = [
        line for line in re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL).splitlines() if line.strip()
    ]
    assert len(text) <= 60


def test_the_gate_reads_its_test_command_from_one_line():
    lines = [line for line in README.splitlines() if re.match(r"python3 -m venv .*pytest", line)]
    assert len(lines) == 1
