"""Commands that call a running sandbox: what they do in it, what they print, and how a failure ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sandbox.cli.output import print_table
from sandbox.server import SandboxServer
from tests.cli.test_cli import run as invoke
from tests.hl7.samples import A28
from tests.support import Client


@pytest.fixture
def url(pkb: Client) -> Iterator[str]:
    yield pkb.server.base_url
    for workspace in pkb.control("/workspaces")["workspaces"][1:]:
        pkb.http.delete(f"/_sandbox/workspaces/{workspace['name']}")


def run(url: str, *arguments: str) -> Result:
    return invoke(*arguments, PKB_SANDBOX_URL=url)


def lines(result: Result, code: int = 0) -> list[str]:
    """The lines, with those that were broken at the width of the terminal in one piece."""
    assert result.exit_code == code, result.output
    return re.sub(r"\n {4,}(?=\S)", " ", result.output).splitlines()


def as_json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def assert_fails(result: Result, code: int, *parts: str) -> None:
    """Nothing on standard output, one line on standard error, and the exit code."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("pkb-sandbox: ")
    assert all(part in line for part in parts), line


# --- workspaces ---


def test_a_workspace_is_created_with_credentials_listed_and_deleted(url: str, pkb: Client):
    first, *credentials = lines(run(url, "workspace", "create", "mine"))
    assert first.startswith("Created workspace mine with 3 organisations and 17 patients")
    listed = pkb.control("/credentials?workspace=mine")["credentials"]
    secrets = {row.get("password") or row.get("client_secret") for row in listed} - {None}
    assert len(credentials) == len(listed)
    assert all(any(secret in line for line in credentials) for secret in secrets)
    heading, default, mine = lines(run(url, "workspace", "list"))
    assert heading.split() == ["NAME", "EXCHANGES", "CREATED", "LAST", "USED"]
    assert (default.split()[0], mine.split()[0]) == ("default", "mine")
    assert lines(run(url, "workspace", "delete", "mine")) == ["Deleted workspace mine."]
    assert len(lines(run(url, "workspace", "list"))) == 2


def test_a_workspace_is_created_as_the_control_api_does_it(url: str, pkb: Client):
    created = as_json(run(url, "workspace", "create", "mine", "--world", "default", "--idle-seconds", "60", "--json"))
    assert set(created) == {"name", "credentials", "world"}
    assert as_json(run(url, "workspace", "list", "--json"))["workspaces"][1]["name"] == "mine"
    assert as_json(run(url, "workspace", "delete", "mine", "--json")) == {}


def test_a_workspace_is_reset(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    run(url, "clock", "freeze", "2026-03-01T10:00:00Z", "--workspace", "mine")
    (line,) = lines(run(url, "workspace", "reset", "mine"))
    assert line.startswith("Reset workspace mine: store, ")
    assert pkb.control("/clock?workspace=mine")["mode"] == "real"


def test_a_workspace_of_the_environment_is_not_the_one_to_create(url: str):
    result = invoke("workspace", "create", "mine", PKB_SANDBOX_URL=url, PKB_SANDBOX_WORKSPACE="none")
    assert result.exit_code == 0, result.output


# --- the clock ---


def test_the_clock_is_shown_frozen_advanced_and_set_back(url: str, pkb: Client):
    assert lines(run(url, "clock", "show"))[0].startswith("running, now 2")
    assert lines(run(url, "clock", "freeze", "2026-03-01T10:00:00Z")) == ["frozen at 2026-03-01T10:00:00Z"]
    assert lines(run(url, "clock", "advance", "PT15M")) == ["frozen at 2026-03-01T10:15:00Z"]
    assert as_json(run(url, "clock", "show", "--json")) == pkb.control("/clock")
    assert lines(run(url, "clock", "real"))[0].startswith("running, now 2")
    assert pkb.control("/clock")["mode"] == "real"


def test_the_clock_says_what_became_due(url: str, pkb: Client):
    run(url, "clock", "freeze", "2026-03-01T10:00:00Z")
    state, *acts = lines(run(url, "clock", "advance", "P17Y"))
    assert state == "frozen at 2043-03-01T10:00:00Z"
    assert acts
    assert all(act.startswith("  due: ") for act in acts)


def test_the_clock_of_a_workspace_is_its_own(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    run(url, "clock", "freeze", "2026-03-01T10:00:00Z", "--workspace", "mine")
    assert pkb.control("/clock?workspace=mine")["mode"] == "frozen"
    assert pkb.control("/clock")["mode"] == "real"


# --- checkpoints ---


def test_a_checkpoint_is_made_compared_restored_and_deleted(url: str, pkb: Client):
    assert lines(run(url, "checkpoint", "list")) == ["NAME  AT"]
    assert lines(run(url, "checkpoint", "create", "before-lunch"))[0].startswith("Created checkpoint before-lunch at 2")
    pkb.send(A28)
    text = run(url, "checkpoint", "diff", "before-lunch").output
    assert "Khatun" in text
    assert as_json(run(url, "checkpoint", "diff", "before-lunch", "--json"))["added"]
    run(url, "checkpoint", "create", "after")
    assert as_json(run(url, "checkpoint", "diff", "before-lunch", "--to", "after", "--json"))["to"] == "after"
    assert [line.split("  ")[0] for line in lines(run(url, "checkpoint", "list"))] == ["NAME", "before-lunch", "after"]
    assert lines(run(url, "checkpoint", "restore", "before-lunch"))[0].startswith("Restored checkpoint before-lunch")
    assert as_json(run(url, "checkpoint", "diff", "before-lunch", "--json"))["added"] == []
    for name in ("before-lunch", "after"):
        assert lines(run(url, "checkpoint", "delete", name)) == [f"Deleted checkpoint {name}."]
    assert as_json(run(url, "checkpoint", "list", "--json")) == {"checkpoints": []}


# --- faults ---


def test_a_fault_rule_is_added_listed_and_removed(url: str, pkb: Client):
    (line,) = lines(run(url, "fault", "add", "api=facade", "status=503", "first=1"))
    first = pkb.control("/faults")["rules"][0]
    assert line == f"Added fault rule {first['id']}: api=facade status=503 first=1."
    assert pkb.facade("/Patient/1").status_code == 503
    (line,) = lines(run(url, "fault", "add", "api=hl7", 'delay_ms={"uniform":[1,2]}', "client=007"))
    assert line.endswith(': api=hl7 delay_ms={"uniform":[1,2]} client=007.')
    heading, *rules = lines(run(url, "fault", "list"))
    assert heading.split() == ["HITS", "ID", "RULE"]
    assert [row.split()[0] for row in rules] == ["1", "0"]
    assert first["id"] in rules[0]
    assert pkb.control("/faults")["rules"][1]["client"] == "007"
    assert lines(run(url, "fault", "clear", first["id"])) == [f"Removed fault rule {first['id']}."]
    assert len(as_json(run(url, "fault", "list", "--json"))["rules"]) == 1
    assert lines(run(url, "fault", "clear")) == ["Removed all fault rules."]
    assert as_json(run(url, "fault", "list", "--json")) == {"rules": []}


# --- credentials ---


def test_credentials_are_those_of_the_running_world(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    printed = as_json(run(url, "credentials", "--json", "--workspace", "mine"))
    assert printed == pkb.control("/credentials?workspace=mine")
    assert len(lines(run(url, "credentials", "--workspace", "mine"))) == len(printed["credentials"])


def test_a_world_of_ones_own_is_not_that_of_a_server(url: str):
    assert_fails(run(url, "credentials", "--world", "default"), 2, "--world default", url)


# --- HL7 in a workspace ---


def test_a_message_is_sent_to_a_workspace(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    result = run(url, "hl7", "send", "adt_a28", "--workspace", "mine")
    assert result.exit_code == 0, result.output
    assert [len(pkb.control(f"/world{query}")["patients"]) for query in ("", "?workspace=mine")] == [17, 18]
    named = next(row for row in pkb.control("/credentials?workspace=mine")["credentials"] if row["kind"] == "hl7-org")
    assert run(url, "hl7", "send", "adt_a28", "--workspace", "mine", "--user", named["username"]).exit_code == 0
    assert_fails(run(url, "hl7", "send", "adt_a28", "--workspace", "mine", "--user", "x"), 2, "--user x", "mine")
    assert_fails(run(url, "hl7", "send", "adt_a28", "--workspace", "none"), 2, "404", "none")


def test_a_message_is_checked_against_a_workspace(url: str, pkb: Client):
    run(url, "workspace", "create", "mine")
    run(url, "hl7", "send", "adt_a28", "--workspace", "mine")
    default, mine = (run(url, "hl7", "lint", "adt_a28", *options).output for options in ([], ["--workspace", "mine"]))
    assert "create   patient" in default
    assert "create   patient" not in mine


# --- options ---

COMMANDS = {
    "workspace list": [],
    "workspace create": ["mine"],
    "workspace reset": ["default"],
    "clock show": [],
    "clock real": [],
    "checkpoint list": [],
    "fault list": [],
    "credentials": [],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_options_may_stand_anywhere(url: str, command: str):
    words, arguments = command.split(), COMMANDS[command]
    last = invoke(*words, *arguments, "--url", url, "--json")
    assert as_json(last)
    invoke("workspace", "delete", "mine", "--url", url)
    if len(words) > 1:
        before = invoke(words[0], "--json", "--url", url, *words[1:], *arguments)
        assert as_json(before)
        other = invoke(words[0], "--url", "http://127.0.0.1:1", *words[1:], *arguments, "--url", url)
        assert other.exit_code in (0, 1)
        assert "127.0.0.1:1:" not in other.output


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    with SandboxServer(port=0, admin_token="s3cret") as server:
        yield server.base_url


def test_the_admin_token_is_sent(guarded: str, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    assert_fails(run(guarded, "clock", "show"), 1, "401", "admin token")
    assert_fails(run(guarded, "clock", "show", "--admin-token", "guess"), 1, "401")
    assert run(guarded, "clock", "show", "--admin-token", "s3cret").exit_code == 0
    assert run(guarded, "clock", "show", "--admin-token-file", str(file)).exit_code == 0
    assert invoke("clock", "show", PKB_SANDBOX_URL=guarded, PKB_SANDBOX_ADMIN_TOKEN="s3cret").exit_code == 0
    assert invoke("clock", "show", PKB_SANDBOX_URL=guarded, PKB_SANDBOX_ADMIN_TOKEN_FILE=str(file)).exit_code == 0
    assert_fails(run(guarded, "clock", "show", "--admin-token-file", "/nowhere"), 2, "--admin-token-file /nowhere")


# --- failures ---


def test_an_unreachable_server_is_reported():
    for command in (["workspace", "list"], ["clock", "show"], ["checkpoint", "list"], ["credentials"]):
        assert_fails(run("http://127.0.0.1:1", *command), 1, "no response from http://127.0.0.1:1", "refused")


def test_an_invalid_address_is_reported():
    for url in ("ftp://x", "nonsense", "http://", "http://[", "http://localhost:x"):
        assert_fails(invoke("clock", "show", "--url", url), 2, url)


def test_a_server_that_is_not_a_sandbox_is_reported(url: str):
    assert_fails(run(f"{url}/fhir", "clock", "show"), 1, "may not be a PKB Sandbox")


FAILURES = {
    "an unknown workspace": (["clock", "show", "--workspace", "none"], 1, ["404", "none"]),
    "an unknown workspace to delete": (["workspace", "delete", "none"], 1, ["404", "none"]),
    "the default workspace to delete": (["workspace", "delete", "default"], 1, ["409", "default"]),
    "a name that is none": (["workspace", "create", "No Name"], 2, ["400", "name must be"]),
    "a name with a slash to delete": (["workspace", "delete", "a/../b"], 1, ["404"]),
    "an unknown world": (["workspace", "create", "mine", "--world", "atlantis"], 2, ["400", "atlantis"]),
    "a time that is none": (["clock", "freeze", "noon"], 2, ["400", "noon"]),
    "a duration that is none": (["clock", "advance", "soon"], 2, ["400", "advance"]),
    "an unknown checkpoint": (["checkpoint", "restore", "none"], 1, ["404"]),
    "an unknown checkpoint to compare": (["checkpoint", "diff", "none"], 1, ["404"]),
    "an unknown checkpoint to delete": (["checkpoint", "delete", "none"], 1, ["404"]),
    "a fault without an effect": (["fault", "add", "api=facade"], 2, ["400", "effect is missing"]),
    "a fault with an unknown key": (["fault", "add", "colour=red"], 2, ["400", "'colour'"]),
    "a fault that is no pair": (["fault", "add", "503"], 2, ["503", "KEY=VALUE"]),
    "a fault with a key twice": (["fault", "add", "status=503", "status=500"], 2, ["duplicate key"]),
    "an unknown fault to remove": (["fault", "clear", "none"], 1, ["404"]),
    "no fault to add": (["fault", "add"], 2, ["KEY=VALUE"]),
    "a word too few": (["clock", "freeze"], 2, ["ISO"]),
    "a word too many": (["clock", "show", "now"], 2, ["now"]),
    "an option that is none": (["clock", "show", "--colour"], 2, ["--colour"]),
    "a command that is none": (["clock", "stop"], 2, ["stop"]),
}


@pytest.mark.parametrize(("arguments", "code", "parts"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_line(url: str, arguments: list[str], code: int, parts: list[str]):
    assert_fails(run(url, *arguments), code, *parts)


def test_a_name_that_is_in_use_is_said(url: str):
    run(url, "workspace", "create", "mine")
    assert_fails(run(url, "workspace", "create", "mine"), 1, "409", "mine")


# --- what is printed ---


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_table_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(("ID", "TEXT", "WHEN"), [("7", "many words " * 8, "2026-03-01"), ("8", "few\r\n\x1b[31m", "")])
    heading, first, second = capsys.readouterr().out.splitlines()
    assert all(len(line) <= columns for line in (heading, first, second))
    assert (("…" in first), "2026-03-01" in first) == (columns < 120, columns > 30)
    assert second.split()[:2] == ["8", "few"]
    assert "\x1b" not in second


def test_a_column_that_must_not_be_cut_is_whole(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("COLUMNS", "20")
    print_table(("ID", "TEXT"), [("x" * 36, "y" * 36)], whole=("ID",))
    assert "x" * 36 in capsys.readouterr().out


def test_a_client_command_runs_as_a_process(url: str):
    command = [sys.executable, "-m", "sandbox", "workspace", "list", "--url", url]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[1].startswith("default")


def test_a_server_with_a_certificate_of_the_local_authority_is_trusted(tmp_path: Path):
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path)) as server:
        url = server.base_url
        assert url.startswith("https://")
        assert invoke("clock", "show", PKB_SANDBOX_URL=url, PKB_SANDBOX_TLS_DIR=str(tmp_path)).exit_code == 0
        assert_fails(invoke("clock", "show", PKB_SANDBOX_URL=url), 1, "CERTIFICATE_VERIFY_FAILED")


# --- open ---


def test_open_prints_the_address_of_the_console(url: str, pkb: Client):
    (address,) = lines(run(url, "open", "--print"))
    assert address == f"{url}/_sandbox/console/start"
    assert pkb.http.get(address).status_code == 200
    run(url, "workspace", "create", "mine")
    (address,) = lines(run(url, "open", "--print", "--workspace", "mine"))
    assert "World <b>mine</b>" in pkb.http.get(address).text


def test_open_says_when_no_sandbox_is_running():
    assert_fails(run("http://127.0.0.1:9", "open", "--print"), 1, "no response")


def test_the_help_shows_the_default_url():
    text = " ".join(invoke("clock", "--help").output.split())
    assert "Base URL of the running sandbox. [default: http://127.0.0.1:8080]" in text
