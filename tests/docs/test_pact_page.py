"""The two snippets of docs/pact.md, as a reader would run them: one writes a pact, the other verifies it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import Client

PYTHON = os.environ.get("PKB_SANDBOX_TEST_PACT")
PAGE = Path(__file__).parents[2] / "docs/pact.md"
CALLED = """
import httpx
with pact.serve() as mock:
    headers = {"Authorization": "Bearer x", "X-Org-Public-Id": "1"}
    assert httpx.get(f"{mock.url}/fhir/Patient/1", headers=headers).json()["name"] == [{"family": "Adeyemi"}]
pact.write_file("pacts")
"""


@pytest.mark.own_environment("pact")
@pytest.mark.skipif(not PYTHON, reason="pact-python 4 is not at hand: PKB_SANDBOX_TEST_PACT names no Python")
def test_the_page_is_true(pkb: Client, tmp_path: Path):
    verified, written = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for code in (written + CALLED, verified.replace("http://127.0.0.1:8080", pkb.server.base_url)):
        command = [str(PYTHON), "-c", code]
        environment = {**os.environ, "PACT_DO_NOT_TRACK": "true"}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "a read of a patient" in ran.stdout
