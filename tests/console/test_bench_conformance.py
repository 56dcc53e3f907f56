"""The page of conformance runs: a checklist that says what to do now, and what was judged."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest

from tests.console.crawling import PREFIX
from tests.console.forms import submit
from tests.hl7.samples import example
from tests.support import Client

CONFORMANCE = "bench/conformance"
RUN = "/_sandbox/conformance/appointments"


@pytest.fixture
def started(pkb: Client) -> Iterator[Client]:
    """A run that was started by the form of the page."""
    response = submit(pkb, f"{CONFORMANCE}?profile=appointments", "POST /conformance/appointments")
    assert response.status_code == 303, response.text
    yield pkb
    pkb.http.delete(RUN)


def page(pkb: Client, query: str = "") -> str:
    return html.unescape(pkb.http.get(f"{PREFIX}{CONFORMANCE}{query}").text)


def test_every_profile_is_offered_with_its_steps(pkb: Client):
    for row in pkb.control("/conformance")["profiles"]:
        text = page(pkb, f"?profile={row['profile']}")
        assert row["title"] in text
        assert all(step["title"] in text for step in row["steps"])
    assert pkb.http.get(f"{PREFIX}{CONFORMANCE}?profile=dentistry").status_code == 404


def test_a_run_shows_what_to_do_now_as_the_control_api_does(started: Client):
    step = started.http.get(RUN).json()["step"]
    text = page(started)
    assert step["do"] in text
    assert "data-poll" in text
    assert "appointments running" in started.http.get(f"{PREFIX}bench").text


def test_looking_moves_a_run_on_and_shows_what_was_judged(pkb: Client):
    pkb.http.post(RUN, json={"timeout": 0, "steps": ["book"]})
    pkb.send(example("siu_s12"))
    text = page(pkb)
    assert "0 s passed without it; what came: SIU^S12 (AA)" in text
    exchange = pkb.control("/exchanges")["exchanges"][-1]["id"]
    assert f"{PREFIX}traffic/{exchange}" in text
    assert "data-poll" not in text
    pkb.http.delete(RUN)


def test_a_run_is_ended_from_the_page(started: Client):
    assert submit(started, CONFORMANCE, "DELETE /conformance/appointments").status_code == 303
    assert started.http.get(RUN).status_code == 404


def test_another_profile_says_that_one_is_running(started: Client):
    assert "has one run at a time" in page(started, "?profile=laboratory")
