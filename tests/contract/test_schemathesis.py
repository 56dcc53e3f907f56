"""The OpenAPI document of the Custom REST API with schemathesis, as callers of each scope.

No answer is a server error, every one is a status, type and body that the document has, a method that it does not have
is 405, and a call without a token, or with a wrong one, is 401.
"""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.rest.support import token_of
from tests.support import Client

PROGRAM = os.environ.get("PKB_SANDBOX_TEST_SCHEMATHESIS")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)

pytestmark = [
    pytest.mark.own_environment("schemathesis"),
    pytest.mark.skipif(
        not PROGRAM, reason="schemathesis 4 is not at hand: PKB_SANDBOX_TEST_SCHEMATHESIS names no program"
    ),
]


def token(pkb: Client, scope: str) -> str:
    """For a patient the one whom the examples of the document are about."""
    return pkb.user_token("rhys.delacroix@example.org") if scope == "PATIENT" else token_of(pkb, scope)


@pytest.mark.parametrize("scope", ["PATIENT", "CLINICIAN", "TEAMCOORD", "SITE"])
def test_every_answer_is_as_the_document_says(pkb: Client, scope: str):
    document = f"{pkb.server.base_url}/_sandbox/rest/openapi.json"
    command = [str(PROGRAM), "run", document, "--header", f"Authorization: Bearer {token(pkb, scope)}"]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"]
    command += ["--max-examples", "3", "--seed", "1", "--no-color"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert ran.returncode == 0, ran.stdout[-4000:]
    cases = re.search(r"(\d+) generated, (\d+) passed", ran.stdout)
    assert cases is not None
    assert int(cases[1]) == int(cases[2]) > 1000
