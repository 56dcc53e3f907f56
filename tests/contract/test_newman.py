"""The Postman collection with newman, Postman's own runner: every request passes its test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.rest.catalogue import operations
from tests.rest.test_requests import FIXTURES, tokens
from tests.support import Client

NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")

pytestmark = [
    pytest.mark.own_environment("node"),
    pytest.mark.skipif(
        not NODE or shutil.which("node") is None,
        reason="newman 6 is not at hand: PKB_SANDBOX_TEST_NODE names no folder with node_modules",
    ),
]


def test_the_collection_runs(pkb: Client, tmp_path: Path):
    report = tmp_path / "report.json"
    variables = {"baseUrl": pkb.server.base_url, **tokens(pkb)}
    command = ["node", f"{NODE}/node_modules/newman/bin/newman.js", "run"]
    command += [str(FIXTURES / "custom-rest.postman_collection.json"), "--reporters", "json"]
    command += ["--reporter-json-export", str(report)]
    for name, value in variables.items():
        command += ["--env-var", f"{name}={value}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    run = json.loads(report.read_text(encoding="utf-8"))["run"]
    assert run["failures"] == [], ran.stderr
    assert (run["stats"]["requests"]["total"], run["stats"]["assertions"]["failed"]) == (len(operations()), 0)
