"""`pkb-sandbox conformance`: its output, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from sandbox.cli import main
from tests.cli.test_client_commands import assert_fails, run
from tests.support import Client

QUICK = ("conformance", "appointments", "--timeout", "0", "--step", "book", "--step", "rejected")


@pytest.fixture
def url(pkb: Client) -> Iterator[str]:
    yield pkb.server.base_url
    pkb.http.delete("/_sandbox/conformance/appointments")


def test_each_step_is_printed_with_what_to_do_and_its_verdict(url: str):
    result = run(url, *QUICK)
    assert result.exit_code == 1
    output = result.output.splitlines()
    assert output[0] == "Appointments over HL7 v2 (SIU): 2 steps"
    assert output[1] == f"Client: org_northmoor (hl7-org) at {url}/services/hl7"
    assert "1/2 An appointment is booked (book)" in output
    assert any(line.strip().startswith("conformance.in-time: expected SIU^S12 for appointment ") for line in output)
    assert "    skipped: A message is rejected (AR) (rejected)" in output
    assert output[-1] == "appointments failed: 1 failed, 1 skipped"


def test_on_a_terminal_the_title_is_bold(url: str):
    result = CliRunner(env={"PKB_SANDBOX_URL": url}).invoke(main, list(QUICK), color=True)
    assert result.output.startswith("\x1b[1mAppointments over HL7 v2 (SIU): 2 steps\x1b[0m\n")


def test_json_is_the_run_as_the_control_api_shows_it(url: str, pkb: Client):
    result = run(url, *QUICK, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == pkb.control("/conformance/appointments")


def test_junit_has_a_case_for_each_step(url: str, tmp_path: Path):
    file = tmp_path / "junit.xml"
    assert run(url, *QUICK, "--junit", str(file)).exit_code == 1
    suite = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    assert suite.attrib | {"time": ""} == {
        "name": "conformance.appointments",
        "tests": "2",
        "failures": "1",
        "skipped": "1",
        "time": "",
    }
    assert [(case.get("name"), [part.tag for part in case]) for case in suite] == [
        ("book", ["failure"]),
        ("rejected", ["skipped"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("dentistry",), "No conformance profile 'dentistry'; there are: appointments, "),
        (("appointments", "--step", "nonsense"), "steps must be a list of: book, "),
        (("appointments", "--timeout", "-1"), "timeout must be a number of seconds"),
        (("appointments", "--client", "nobody"), "client must be the id of a hl7-org"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_one_line(url: str, arguments: tuple[str, ...], part: str):
    assert_fails(run(url, "conformance", *arguments), 2, part)


def test_a_server_that_does_not_answer_is_said_in_one_line():
    assert_fails(run("http://127.0.0.1:9", "conformance", "appointments"), 2, "no response from http://127.0.0.1:9")


def test_a_file_that_cannot_be_written_is_named(url: str, tmp_path: Path):
    result = run(url, *QUICK, "--junit", str(tmp_path / "none" / "junit.xml"))
    assert result.exit_code == 2
    assert "--junit" in result.stderr
