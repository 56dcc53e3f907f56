"""The page that generates people: in the background, with progress, and one run at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from sandbox.console.pages.bench import generation
from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.support import Client

GENERATE = "bench/generate"


@pytest.fixture(autouse=True)
def ended(pkb: Client) -> Iterator[None]:
    """No run goes on after a test."""
    yield
    if "data-poll" in page(pkb):
        submit(pkb, GENERATE, "POST /generate", action="/stop")
        wait_for_the_end(pkb)


def page(pkb: Client) -> str:
    return pkb.http.get(PREFIX + GENERATE).text


def generate(pkb: Client, patients: int, **fields: str) -> str:
    """Start a run; the text that the page then shows, or the refusal."""
    values = {"patients:int": str(patients), "seed:int": "7", **fields}
    response = submit(pkb, GENERATE, "POST /generate", action=f"/{GENERATE}", **values)
    return response.text if response.status_code != 303 else notice(pkb.http.get(response.headers["location"]))


def wait_for_the_end(pkb: Client) -> str:
    deadline = time.monotonic() + 60
    while "data-poll" in (text := page(pkb)):
        assert time.monotonic() < deadline, "the run goes on"
        time.sleep(0.1)
    return text


def patients(pkb: Client) -> int:
    return len(pkb.control("/world")["patients"])


def test_people_are_generated_and_named(pkb: Client):
    before = patients(pkb)
    generate(pkb, 12)
    text = wait_for_the_end(pkb)
    assert patients(pkb) == before + 12
    assert "<b>12 patients</b> are new in this world." in text
    assert "2 more" in text


async def _wait() -> None:
    await asyncio.sleep(0.02)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run take its time between people, so that it goes on at the next request, however fast the machine is."""
    monkeypatch.setattr("sandbox.synthetic.control.Slices", lambda: SimpleNamespace(pause=_wait))


@pytest.mark.usefixtures("slow")
def test_the_sandbox_answers_while_people_are_generated(pkb: Client):
    assert generate(pkb, 600) == "Generating …"
    text = page(pkb)
    assert 'max="600"' in text
    assert pkb.http.get("/_sandbox/health/live").status_code == 200
    assert "data-poll" in page(pkb)


@pytest.mark.usefixtures("slow")
def test_a_second_run_waits_for_the_first(pkb: Client):
    generate(pkb, 600)
    assert "still being generated" in generate(pkb, 1)


@pytest.mark.usefixtures("slow")
def test_a_run_is_stopped_and_its_people_stay(pkb: Client):
    before = patients(pkb)
    generate(pkb, 900)
    submit(pkb, GENERATE, "POST /generate", action="/stop")
    text = wait_for_the_end(pkb)
    assert "Stopped after" in text
    assert before < patients(pkb) < before + 900


@pytest.mark.usefixtures("slow")
def test_a_reset_ends_a_run_in_words(pkb: Client):
    generate(pkb, 900)
    pkb.http.post("/_sandbox/reset")
    assert "The workspace was reset before this request was answered" in wait_for_the_end(pkb)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"patients:int": "1001"}, "patients must be a whole number from 1 to 1000"),
        ({"patients:int": "many"}, "patients must be a whole number"),
        ({"seed:int": "-1"}, "seed must be a whole number"),
        ({"organisation": "nobody"}, "organisation must be the id of an organisation"),
    ],
)
def test_wrong_values_are_refused_in_words(pkb: Client, fields: dict[str, str], text: str):
    assert text in generate(pkb, 1, **fields)


def test_a_form_without_its_token_generates_no_patient(pkb: Client):
    before = patients(pkb)
    assert pkb.http.post(PREFIX + GENERATE, data={"patients:int": "1"}).status_code == 400
    assert pkb.http.post(f"{PREFIX}{GENERATE}/stop").status_code == 400
    assert patients(pkb) == before


@pytest.mark.usefixtures("slow")
def test_a_deleted_world_is_forgotten(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "short"})
    world = pkb.server.workspaces.named("short")
    submit(pkb, f"{GENERATE}?workspace=short", "POST /generate", **{"patients:int": "900", "seed:int": "1"})
    run = generation.latest(world)
    assert run is not None
    assert run.is_running
    assert pkb.http.delete("/_sandbox/workspaces/short").status_code == 204
    deadline = time.monotonic() + 30
    while run.is_running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert run.state == "failed"
