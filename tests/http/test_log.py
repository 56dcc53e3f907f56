"""The log line of an exchange: who asked for what, the outcome and why, how long it took, and what explains it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from tests.hl7.samples import A28, example
from tests.support import Client
from tests.test_server import serving

EXPLAIN = r"/_sandbox/exchanges/[0-9a-f-]{36}/explanation"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines of the log, which grows while the test goes on."""
    caplog.set_level(logging.INFO, logger="sandbox.exchange")
    return Lines(caplog)


class Lines(list[str]):
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    @property
    def last(self) -> str:
        return [record.getMessage() for record in self._caplog.records if record.name == "sandbox.exchange"][-1]


def test_an_accepted_message_shows_its_acknowledgement(pkb: Client, lines: Lines):
    pkb.send(A28)
    expected = r"hl7 POST ADT\^A28 · customer org_northmoor \(hl7-org\) · customer.hl7.send_data · 200 AA · [0-9.]+ ms"
    assert re.fullmatch(expected, lines.last)


def test_an_accepted_message_that_loses_something_shows_its_explanation(pkb: Client, lines: Lines):
    pkb.send(A28 + "\rZZZ|1|x")
    assert re.search(rf" · 200 AA · [0-9.]+ ms · {EXPLAIN}$", lines.last)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (A28.replace("|a28-001|", "||"), "200 AR MSH-10.1 (message control ID) must be provided. You provided []"),
        ("nonsense", "200 AE null"),
        (example("siu_s12").replace("9991001379", "9998120039"), "200 AR No patient found for PID segment"),
    ],
)
def test_a_refused_message_shows_code_reason_and_explanation(pkb: Client, lines: Lines, text: str, outcome: str):
    pkb.send(text)
    assert re.search(rf" · {re.escape(outcome)} · [0-9.]+ ms · {EXPLAIN}$", lines.last)


def test_a_refused_request_of_any_api_shows_status_reason_and_explanation(pkb: Client, lines: Lines):
    pkb.facade("/Patient/1")
    assert re.search(rf" · 404 [^·]+ · [0-9.]+ ms · {EXPLAIN}$", lines.last)
    pkb.http.get("/json/users/self")
    assert re.search(rf"^rest GET .* · nobody · no cell · 401 [^·]+ · [0-9.]+ ms · {EXPLAIN}$", lines.last)
    pkb.post_soap("<x/>")
    assert re.search(rf" · 500 The root element must be .* · [0-9.]+ ms · {EXPLAIN}$", lines.last)


def test_a_line_stays_one_line_whatever_is_sent(pkb: Client, lines: Lines):
    pkb.send(A28.replace("ADT^A28", "ADT^\\.br\\A28\x9b\u2028\u202e"))
    assert "ADT^\\x0aA28\\x9b\\x2028\\x202e" in lines.last
    pkb.http.get("/fhir/%0d%0a%1b[31mPatient")
    assert "\\x0d\\x0a\\x1b[31mPatient" in lines.last
    assert lines.last.isprintable()


def test_a_long_reason_is_cut(pkb: Client, lines: Lines):
    pkb.send(A28.replace("|F|", "|F|", 1).replace("|19910623|", f"|{'9' * 5000}|"))
    assert len(lines.last) < 700


def test_no_secret_is_in_a_line(pkb: Client, lines: Lines):
    pkb.http.post("/api/oauth/token?client_secret=s3cr3t-1", data={"client_secret": "s3cr3t-2", "grant_type": "x"})
    assert "s3cr3t" not in lines.last


def test_each_line_of_the_server_begins_with_its_time(tmp_path: Path):
    with serving(tmp_path) as (process, url):
        import httpx

        httpx.get(f"{url}/fhir/Patient/1")
        process.terminate()
        _, err = process.communicate(timeout=15)
    lines = [line for line in err.splitlines() if " GET " in line]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ facade GET ", lines[-1])
