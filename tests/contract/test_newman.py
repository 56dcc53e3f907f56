"""The Postman collection with newman, Postman's own runner: every request passes its test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.rest.catalogue import operations
from sandbox.rest.requests import examples
from sandbox.server import SandboxServer
from tests.rest.test_requests import FIXTURES, tokens
from tests.support import Client

Json = dict[str, Any]
NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")

pytestmark = [
    pytest.mark.own_environment("node"),
    pytest.mark.skipif(
        not NODE or shutil.which("node") is None,
        reason="newman 6 is not at hand: PKB_SANDBOX_TEST_NODE names no folder with node_modules",
    ),
]


COLLECTIONS = Path(__file__).parents[2] / "examples/ready-made/collections"
COLLECTION = FIXTURES / "custom-rest.postman_collection.json"


def number_of_tests(collection: Path) -> int:
    items = [item for group in json.loads(collection.read_text(encoding="utf-8"))["item"] for item in group["item"]]
    scripts = [event["script"]["exec"] for item in items for event in item["event"] if event["listen"] == "test"]
    return sum(line.startswith("pm.test(") for script in scripts for line in script)


def newman(tmp_path: Path, collection: Path, **variables: str) -> Json:
    """Newman's report of a run, in which every test of the collection passed."""
    report = tmp_path / "report.json"
    command = ["node", f"{NODE}/node_modules/newman/bin/newman.js", "run", str(collection), "--reporters", "json"]
    command += ["--reporter-json-export", str(report)]
    for name, value in variables.items():
        command += ["--env-var", f"{name}={value}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    run: Json = json.loads(report.read_text(encoding="utf-8"))["run"]
    assert run["failures"] == [], ran.stderr
    assert run["stats"]["assertions"] == {"total": number_of_tests(collection), "pending": 0, "failed": 0}
    return run


def test_the_collection_signs_in_by_itself_and_can_be_run_again(pkb: Client, tmp_path: Path):
    for _ in range(2):
        newman(tmp_path, COLLECTION, baseUrl=pkb.server.base_url)


def test_its_requests_work_in_any_order(pkb: Client, tmp_path: Path):
    collection = json.loads(COLLECTION.read_text(encoding="utf-8"))
    start, *groups = collection["item"]
    backwards = [{**group, "item": group["item"][::-1]} for group in reversed(groups)]
    turned = tmp_path / "backwards.json"
    turned.write_text(json.dumps({**collection, "item": [start, *backwards]}), encoding="utf-8")
    newman(tmp_path, turned, baseUrl=pkb.server.base_url)


def test_tokens_of_ones_own_come_first(pkb: Client, tmp_path: Path):
    run = newman(tmp_path, COLLECTION, baseUrl=pkb.server.base_url, **tokens(pkb))
    count = len(operations()) + 1 + sum(bool(example.about) for example in examples())
    assert run["stats"]["requests"]["total"] == count


def test_it_takes_an_admin_token(tmp_path: Path):
    with SandboxServer(port=0, admin_token="sesame") as server:
        newman(tmp_path, COLLECTION, baseUrl=server.base_url, adminToken="sesame")


def test_the_collection_of_a_partner_gets_the_answers_that_it_tests(pkb: Client, tmp_path: Path):
    """One of the three, which newman takes seconds to run: another test compares them all with the `.http` files."""
    newman(tmp_path, COLLECTIONS / "partner.postman_collection.json", baseUrl=pkb.server.base_url)


def test_each_operation_has_a_test():
    assert number_of_tests(COLLECTION) == len(operations()) + 1, "one for each operation, and one for the reset"
