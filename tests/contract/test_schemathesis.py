"""The OpenAPI documents with schemathesis and all of its checks, with the hooks of examples/schemathesis.

No answer is a server error, each is a status, type and body that the document has, what the document allows is accepted
and what it does not allow is refused, and a call without a token, or with a wrong one, is 401.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support import Client

PROGRAM = os.environ.get("PKB_SANDBOX_TEST_SCHEMATHESIS")
HOOKS = Path(__file__).parents[2] / "examples/schemathesis"
SHORT, WHOLE = "examples,fuzzing,stateful", "examples,coverage,fuzzing,stateful"

pytestmark = [
    pytest.mark.own_environment("schemathesis"),
    pytest.mark.skipif(
        not PROGRAM, reason="schemathesis 4 is not at hand: PKB_SANDBOX_TEST_SCHEMATHESIS names no program"
    ),
]


def cases(pkb: Client, document: str, phases: str, *options: str, scope: str = "") -> int:
    """Run schemathesis; return the number of cases, all of which passed."""
    command = [str(PROGRAM), "run", f"{pkb.server.base_url}/_sandbox{document}", "--checks", "all"]
    command += ["--phases", phases, "--max-examples", "3", "--seed", "1", "--generation-database", "none"]
    command += options
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "hooks",
        "PYTHONPATH": str(HOOKS),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PKB_SANDBOX_URL": pkb.server.base_url,
        "PKB_SANDBOX_SCOPE": scope,
    }
    ran = subprocess.run(
        [*command, "--no-color"], capture_output=True, text=True, timeout=600, env=environment, cwd=HOOKS
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-1000:]
    counted = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert counted is not None, ran.stdout[-1000:]
    assert int(counted[1]) == int(counted[2])
    return int(counted[1])


# A SITE may call what a CLINICIAN and a TEAMCOORD may: one of them in all phases is enough.
REST = {"PATIENT": (WHOLE, 3000), "SITE": (WHOLE, 3000), "CLINICIAN": (SHORT, 100), "TEAMCOORD": (SHORT, 100)}


@pytest.mark.parametrize(("scope", "phases", "least"), [(scope, *row) for scope, row in REST.items()], ids=REST)
def test_custom_rest_is_as_its_document_says(pkb: Client, scope: str, phases: str, least: int):
    assert cases(pkb, "/rest/openapi.json", phases, scope=scope) > least
    assert [row["name"] for row in pkb.control("/workspaces")["workspaces"]] == ["default"]


def test_the_control_api_is_as_its_document_says(pkb: Client):
    """All but the stream of events, which does not end."""
    assert cases(pkb, "/openapi.json", WHOLE, "--exclude-path", "/events") > 2000
    assert [row["name"] for row in pkb.control("/workspaces")["workspaces"]] == ["default"]


def test_a_document_that_says_something_else_is_noticed(pkb: Client, tmp_path: Path):
    """What the document lets a client send, and the server refuses, is a failure."""
    document = pkb.http.get("/_sandbox/rest/openapi.json").text
    loose = tmp_path / "openapi.json"
    loose.write_text(document.replace('"maxLength":1000', '"maxLength":1001'), encoding="utf-8")
    assert loose.read_text(encoding="utf-8") != document
    command = [str(PROGRAM), "run", str(loose), "--url", f"{pkb.server.base_url}/json", "--checks", "all"]
    command += ["--include-path", "/v1/treatmentPlans", "--phases", "coverage", "--no-color"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HOOKS)}
    environment |= {"PKB_SANDBOX_URL": pkb.server.base_url, "PYTHONDONTWRITEBYTECODE": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, cwd=tmp_path)
    assert ran.returncode == 1, ran.stdout[-2000:]
    assert "must have at most 1000 characters" in ran.stdout
