"""The command line: what each command prints, and which exit code it leaves (0 clean, 2 bad option, 3 port taken)."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sandbox import __version__
from sandbox.access.matrix import matrix
from sandbox.assembly.control_calls import control_openapi
from sandbox.base import datafiles
from sandbox.cli import main
from sandbox.facts import ledger
from sandbox.rest.openapi import document as rest_openapi
from sandbox.settings import SETTINGS
from tests.support import Client
from tests.test_server import serving

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> Result:
    """A command in this process; `serve` never gets as far as serving here."""
    return CliRunner().invoke(main, list(arguments), env=environment)


def assert_one_line(result: Result, *parts: str) -> None:
    """Exit code 2, and one line that names the option and the value."""
    assert result.exit_code == 2, result.output
    (line,) = result.output.splitlines()
    assert line.startswith("pkb-sandbox: ")
    assert all(part in line for part in parts), line


# --- options ---

BAD = {
    "a port that is no number": (["--port", "abc"], ["--port", "abc"]),
    "a port that is none": (["--port", "70000"], ["--port", "70000"]),
    "a port one beyond the last": (["--port", "65536"], ["--port", "65536"]),
    "an MLLP port one beyond the last": (["--mllp-port", "65536"], ["--mllp-port", "65536"]),
    "a port below zero": (["--port", "-1"], ["--port", "-1"]),
    "an option that is none": (["--prot", "1"], ["--prot"]),
    "a choice that is none": (["--pending-cells", "maybe"], ["--pending-cells", "maybe"]),
    "a clock that is no instant": (["--clock", "noon"], ["--clock", "noon"]),
    "a seed that is no number": (["--seed", "x"], ["--seed", "x"]),
    "a body limit of nothing": (["--max-body-bytes", "0"], ["--max-body-bytes", "0"]),
    "a search that gives nothing": (["--facade-limit-other", "0"], ["--facade-limit-other", "0"]),
    "fewer than no resources": (["--facade-limit-observation", "-1"], ["--facade-limit-observation", "-1"]),
    "pages without a life": (["--getpages-seconds", "0"], ["--getpages-seconds", "0"]),
    "a world that is none": (["--port", "0", "--world", "atlantis"], ["--world", "atlantis"]),
    "a host that is none": (["--port", "0", "--host", "nosuch.invalid"], ["--host", "nosuch.invalid"]),
    "a base without a scheme": (["--base-url", "pkb.test"], ["--base-url", "pkb.test"]),
    "a ready file in no folder": (["--ready-file", "/nowhere/at/all"], ["--ready-file", "/nowhere/at/all"]),
    "a ready file that is a folder": (["--ready-file", "/"], ["--ready-file", "/"]),
    "a token file that is not there": (["--admin-token-file", "/nowhere"], ["--admin-token-file", "/nowhere"]),
    "a token file with nothing in it": (["--admin-token-file", "/dev/null"], ["--admin-token-file", "/dev/null"]),
    "two admin tokens": (["--admin-token-file", "/etc/hostname", "--admin-token", "x"], ["--admin-token-file"]),
    "an origin that is none": (["--cors-origin", "localhost:3000"], ["--cors-origin", "localhost:3000"]),
    "an origin with a path": (["--cors-origin", "*", "--cors-origin", "http://a/b"], ["--cors-origin", "http://a/b"]),
    "a file that is not there": (["--config", "/nowhere.toml"], ["--config", "/nowhere.toml"]),
    "a word too many": (["now"], ["now"]),
}


@pytest.mark.parametrize(("options", "parts"), BAD.values(), ids=BAD)
def test_a_bad_option_is_named_in_one_line(options: list[str], parts: list[str]):
    assert_one_line(run("serve", *options), *parts)


def test_a_bad_value_in_the_environment_is_named():
    assert_one_line(run("serve", PKB_SANDBOX_PORT="abc"), "--port", "abc")


BAD_FILES = {
    "an unknown setting": ('colour = "red"', ["colour"]),
    "no TOML": ("port = = 1", ["--config"]),
    "lists that are too deep": (f"port = {'[' * 5000}", ["--config"]),
    "a value of the wrong type": ('port = "abc"', ["--port", "abc"]),
}


@pytest.mark.parametrize(("text", "parts"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, parts: list[str]):
    file = tmp_path / "settings.toml"
    file.write_text(text)
    assert_one_line(run("serve", "--config", str(file)), *parts)


def test_a_world_file_that_cannot_be_read_is_refused(tmp_path: Path):
    file = tmp_path / "world.toml"
    file.write_text('[[partner]]\nid = "1"\ncolour = "red"\n')
    assert_one_line(run("serve", "--port", "0", "--world", str(file)), "--world", str(file), "colour")


def test_a_port_that_is_taken_is_exit_code_3():
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        port = occupied.getsockname()[1]
        result = run("serve", "--port", str(port))
    assert result.exit_code == 3
    (line,) = result.output.splitlines()
    assert line.startswith(f"port {port} on 127.0.0.1 is not available")


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path):
    def refused_clock(*options: str, **environment: str) -> str:
        return run("serve", *options, **environment).output

    file = tmp_path / "settings.toml"
    file.write_text('clock = "from-file"\n')
    config = ["--config", str(file)]
    assert "--clock from-file:" in refused_clock(*config)
    assert "--clock from-environment:" in refused_clock(*config, PKB_SANDBOX_CLOCK="from-environment")
    settings_line = refused_clock(*config, "--clock", "from-line", PKB_SANDBOX_CLOCK="from-environment")
    assert "--clock from-line:" in settings_line


def test_a_server_takes_its_settings_from_file_and_environment(tmp_path: Path):
    file = tmp_path / "settings.toml"
    file.write_text('base_url = "https://pkb.example"\npending_cells = "allow"\nclock = 2026-01-01T00:00:00Z\n')
    with serving(tmp_path, "--config", str(file), PKB_SANDBOX_CHECK_NHS_NUMBER="false") as (_, url):
        import httpx

        statement = httpx.get(f"{url}/fhir/metadata").json()
        at = httpx.get(f"{url}/_sandbox/exchanges").json()["exchanges"][0]["at"]
    assert statement["implementation"]["url"] == "https://pkb.example/fhir"
    assert at == "2026-01-01T00:00:00Z"


def test_every_setting_is_an_option_with_its_help():
    text = " ".join(run("serve", "--help").output.split())
    for setting in SETTINGS:
        assert f"--{setting.name.replace('_', '-')}" in text
        assert " ".join(setting.metadata["help"].split())[:30] in text


# --- commands ---


def test_the_version_is_printed_on_one_line():
    assert run("--version").output == f"pkb-sandbox, version {__version__}\n"


def test_without_a_command_the_help_is_shown():
    result = run()
    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert all(command in result.output for command in ("serve", "access", "credentials", "hl7", "openapi"))
    assert run("--help").exit_code == run("-h").exit_code == 0


def test_an_unknown_command_is_named():
    assert_one_line(run("server"), "server", "serve")


def test_serve_loads_no_other_command():
    program = """
import sys
from click.testing import CliRunner
from sandbox.cli import main
CliRunner().invoke(main, ["serve", "--port", "x"])
sys.exit(bool({"sandbox.cli.tail", "sandbox.cli.ca", "sandbox.cli.control_client"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_the_module_is_the_command_line():
    command = [sys.executable, "-m", "sandbox", "access", "app"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=dict(os.environ))
    assert ran.returncode == 0
    assert ran.stdout.startswith("app  ")


@pytest.mark.parametrize("type_", ["customer", "partner", "app", None])
@pytest.mark.parametrize("columns", [80, 132])
def test_access_shows_the_selection_table(type_: str | None, columns: int):
    result = run("access", *([type_] if type_ else []), COLUMNS=str(columns))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= columns
    cells = [cell for cell in matrix().values() if type_ in (None, cell.cell.split(".")[0])]
    for type_name in {cell.cell.split(".")[0] for cell in cells}:
        start = next(number for number, line in enumerate(lines) if line.split()[0:1] == [type_name] and "hl7" in line)
        apis = lines[start].split()[1:]
        for line in lines[start + 1 : start + 5]:
            action, *decisions = line.split()
            assert decisions == [matrix()[f"{type_name}.{api}.{action}"].decision for api in apis]
    words = " ".join(result.output.split())
    for cell in cells:
        assert cell.reason in words
        assert f"{cell.decision}{f' with {cell.credential}' if cell.credential else ''} ({cell.standing})" in words


def test_access_has_colours_on_terminals_only_and_none_with_no_color():
    assert "\x1b[" not in run("access", "app").output
    assert "\x1b[32m" in CliRunner().invoke(main, ["access", "app"], color=True).output
    assert "\x1b[" not in CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["access", "app"], color=True).output


def test_access_as_json_is_that_of_the_control_api(pkb: Client):
    assert json.loads(run("access", "--json").output) == pkb.control("/matrix")


def test_access_takes_an_integration_type_only():
    assert_one_line(run("access", "nobody"), "nobody")


def test_credentials_are_printed():
    lines = run("credentials").output.splitlines()
    assert len(lines) == 12
    assert any(line.split()[:3] == ["hl7-org", "org_northmoor", "northmoor-Hl7-2026"] for line in lines)


def test_credentials_as_json_are_those_of_the_control_api(pkb: Client):
    result = run("credentials", "--json")
    assert result.exit_code == 0

    def comparable(credentials: list[dict[str, object]]) -> list[dict[str, object]]:
        return [
            {key: value for key, value in credential.items() if key != "refresh_token"} for credential in credentials
        ]

    printed = json.loads(result.output)["credentials"]
    assert comparable(printed) == comparable(pkb.control("/credentials")["credentials"])


def test_credentials_of_an_unknown_world_are_refused_in_one_line():
    assert_one_line(run("credentials", "--world", "atlantis"), "--world", "atlantis")


def test_the_statement_is_printed_as_it_is():
    for arguments in (["capabilities"], *(["capabilities", name] for name in ("facade", "messaging", "aggregated"))):
        result = run(*arguments)
        name = arguments[-1].replace("capabilities", "facade")
        assert json.loads(result.output) == datafiles.read_json(datafiles.path(f"capability_statements/{name}.json"))
    for release in ("stu3", "r4"):
        file = datafiles.path(f"capability_statements/customer_{release}.json")
        assert json.loads(run("capabilities", f"customer-{release}").output) == datafiles.read_json(file)


def test_the_facts_are_printed():
    rows = re.split(r"\n(?! )", run("docs-facts").output.rstrip())
    assert len(rows) == len(ledger())
    for fact, row in zip(ledger().values(), rows, strict=True):
        line = " ".join(row.split())
        assert line.startswith(fact.standing)
        assert all(" ".join(part.split()) in line for part in (fact.id, fact.text, fact.source, fact.where))


def test_the_openapi_document_is_printed():
    assert json.loads(run("openapi", "control").output) == control_openapi("http://127.0.0.1:8080")
    assert json.loads(run("openapi").output)["openapi"] == "3.1.0"
    assert json.loads(run("openapi", "rest").output) == rest_openapi("http://127.0.0.1:8080")


# --- hl7 send ---


@pytest.fixture
def url(pkb: Client) -> str:
    return pkb.server.base_url


def test_an_example_is_sent_and_its_acknowledgement_printed(url: str, pkb: Client):
    result = run("hl7", "send", "--url", url, "adt_a28")
    assert result.exit_code == 0
    assert result.output.startswith("MSH|")
    assert "\nMSA|AA|a28-001" in result.output
    assert len(pkb.control("/world")["patients"]) == 18


def test_several_files_are_sent_in_order(url: str):
    file = str(datafiles.path("fixtures/hl7/adt_a28.hl7"))
    result = run("hl7", "send", "--url", f"{url}/", file, "qry_a19_dem")
    assert result.exit_code == 0
    assert result.output.count("MSA|AA|") == 2


def test_a_rejected_message_is_exit_code_1(url: str, tmp_path: Path):
    file = tmp_path / "bad.hl7"
    file.write_text("MSH|^~\\&|A|B|PKB|PKB|20260101||ADT^Z99|m1|P|2.4\r")
    result = run("hl7", "send", "--url", url, str(file))
    assert result.exit_code == 1
    assert "MSA|A" in result.output


def test_other_credentials_may_be_given(url: str):
    credentials = ["--user", "org_eastgate", "--password", "eastgate-Hl7-2026"]
    assert run("hl7", "send", "--url", url, *credentials, "qry_a19_dem").output.startswith("MSH|")


def test_an_undeliverable_file_is_reported(url: str, tmp_path: Path):
    not_text = tmp_path / "not-text.hl7"
    not_text.write_bytes(b"MSH|\xff\xfe")
    assert_one_line(run("hl7", "send", "--url", url, "nothing.hl7"), "nothing.hl7")
    assert_one_line(run("hl7", "send", "--url", url, str(not_text)), str(not_text))
    assert_one_line(run("hl7", "send", "--url", url, "--password", "guess", "adt_a28"), "adt_a28", "401")
    assert_one_line(run("hl7", "send", "--url", "ftp://x", "adt_a28"), "ftp://x")
    assert_one_line(run("hl7", "send", "--url", "http://127.0.0.1:1", "adt_a28"), "adt_a28")
    assert_one_line(run("hl7", "send"), "FILES")


def test_a_server_without_soap_is_reported(tmp_path: Path):
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Html(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Html) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        result = run("hl7", "send", "--url", f"http://127.0.0.1:{server.server_port}", "adt_a28")
        thread.join()
    assert_one_line(result, "adt_a28", "did not return a SOAP response")


def test_lint_says_what_a_message_would_do_and_sends_nothing():
    result = run("hl7", "lint", "adt_a28")
    assert result.exit_code == 0
    assert result.output.startswith("adt_a28: AA\n")
    assert "  create   allergy: " in result.output


def test_lint_of_a_message_that_would_be_refused_ends_with_one(tmp_path: Path):
    file = tmp_path / "bad.hl7"
    file.write_text(
        "MSH|^~\\&|PAS|X|||20260310101500||ADT^A28|1|P|2.4\rPID|||1^^^NORTHMOOR^MR||Khatun", encoding="utf-8"
    )
    result = run("hl7", "lint", str(file))
    assert result.exit_code == 1
    assert "Cannot create patient missing these fields: givenName" in result.output


def test_lint_as_json_is_what_the_control_api_gives():
    report = json.loads(run("hl7", "lint", "--json", "adt_a28").output)
    assert set(report) == {"ack", "ack_text", "findings", "effects"}


@pytest.mark.parametrize("arguments", [["nowhere.hl7"], ["adt_a28", "--user", "nobody"], ["adt_a28", "--world", "x"]])
def test_lint_names_what_it_cannot_use(arguments: list[str]):
    assert_one_line(run("hl7", "lint", *arguments), arguments[-1])


def test_the_shell_completes_commands():
    environment = {"_PKB_SANDBOX_COMPLETE": "bash_complete", "COMP_WORDS": "pkb-sandbox c", "COMP_CWORD": "1"}
    result = CliRunner(env=environment).invoke(main, [], prog_name="pkb-sandbox")
    names = {line.removeprefix("plain,") for line in result.output.splitlines()}
    assert {"ca", "capabilities", "checkpoint", "clock", "credentials"} <= names


def test_generate_writes_a_world_and_says_how_to_serve_it(tmp_path: Path):
    folder = tmp_path / "world"
    result = run("generate", "--patients", "1", "-o", str(folder))
    assert result.exit_code == 0, result.output
    assert result.output.endswith(f"1 patients in {folder}: serve them with\n  pkb-sandbox serve --world {folder}\n")
    assert (folder / "world.toml").is_file()
    assert_one_line(run("generate", "--as-of", "yesterday"), "--as-of", "yesterday")
    assert run("generate", "--patients", "0", "-o", str(folder)).exit_code == 2
