"""`pkb-sandbox guide`: the five steps for each integration type and each API that the matrix allows to it."""

from __future__ import annotations

import pytest
from click import Context
from click.testing import CliRunner

from sandbox.access.matrix import APIS, TYPES, matrix
from sandbox.cli import main
from tests.cli.test_cli import run as invoke
from tests.support import Client

ALLOWED = [
    (type_, api)
    for type_ in TYPES
    for api in APIS
    if any(cell.decision == "allowed" for name, cell in matrix().items() if name.startswith(f"{type_}.{api}."))
]


@pytest.mark.parametrize(("type_", "api"), ALLOWED)
def test_a_credential_is_issued_and_a_first_call_is_accepted(pkb: Client, type_: str, api: str):
    before = len(pkb.control("/credentials")["credentials"])
    result = invoke("guide", "--type", type_, "--api", api, PKB_SANDBOX_URL=pkb.server.base_url, COLUMNS="80")
    assert result.exit_code == 0, result.output
    assert "Step 5 of 5: hello, world" in result.output
    assert "→ 200" in result.output or "→ 201" in result.output
    assert "MSA|AE" not in result.output
    assert "MSA|AR" not in result.output
    assert len(pkb.control("/credentials")["credentials"]) == before + 1
    newest = pkb.control("/exchanges")["exchanges"][-1]
    assert (newest["api"], newest["outcome"]) == (api, "accepted")
    assert newest["cell"].startswith(f"{type_}.{api}.")


@pytest.mark.parametrize(("answers", "words"), [("2\nfacade\n", "system-client"), ("app\n1\n", "user-client")])
def test_the_questions_are_answered_by_number_or_name(pkb: Client, answers: str, words: str):
    runner = CliRunner(env={"PKB_SANDBOX_URL": pkb.server.base_url, "COLUMNS": "80"})
    result = runner.invoke(main, ["guide"], input=answers)
    assert result.exit_code == 0, result.output
    assert all(f"Step {number} of 5" in result.output for number in range(1, 6))
    assert words in result.output


def test_an_api_that_the_type_may_not_use_is_refused(pkb: Client):
    result = invoke("guide", "--type", "app", "--api", "hl7", PKB_SANDBOX_URL=pkb.server.base_url)
    assert result.exit_code == 2
    assert "hl7" in result.output


def test_a_server_that_was_named_must_be_there():
    result = invoke("guide", "--url", "http://127.0.0.1:9", "--type", "app", "--api", "rest")
    assert result.exit_code == 1
    assert "no response" in result.output


def test_no_token_is_printed(pkb: Client):
    result = invoke("guide", "--type", "partner", "--api", "facade", PKB_SANDBOX_URL=pkb.server.base_url)
    assert "Bearer <token>" in result.output
    assert "eyJ" not in result.output


def test_without_a_server_one_is_started_for_the_walk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.cli.server_options.DEFAULT_URL", "http://127.0.0.1:9")
    runner = CliRunner(env={"PKB_SANDBOX_URL": None, "COLUMNS": "80"})
    command = main.get_command(Context(main), "guide")
    assert command is not None
    option = next(parameter for parameter in command.params if parameter.name == "url")
    monkeypatch.setattr(option, "default", "http://127.0.0.1:9")
    result = runner.invoke(main, ["guide", "--type", "partner", "--api", "facade"])
    assert result.exit_code == 0, result.output
    assert "one is started for this walk" in result.output
    assert "→ 200" in result.output
