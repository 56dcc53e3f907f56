"""The pages of the checkpoints: made, compared in clinical words, gone back to, deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.console.samples import example
from tests.support import Client

CHECKPOINTS = "bench/checkpoints"
DIFFERENCE = f"{CHECKPOINTS}/difference?from=before"


@pytest.fixture
def checkpoint(pkb: Client) -> Iterator[str]:
    response = submit(pkb, CHECKPOINTS, "POST /checkpoints", name="before")
    assert notice(pkb.http.get(response.headers["location"])) == "The checkpoint before is made."
    yield "before"
    pkb.http.delete("/_sandbox/checkpoints/before")


def test_the_difference_of_a_message_is_in_clinical_words_with_fields_and_paths(pkb: Client, checkpoint: str):
    assert "Nothing has changed." in pkb.http.get(PREFIX + DIFFERENCE).text
    assert pkb.send(example("siu_s12")).code == "AA"
    page = pkb.http.get(PREFIX + DIFFERENCE).text
    assert "1 appointment booked: Knee clinic review" in page
    assert "SCH-11.4" in page
    assert "Appointment.start" in page
    assert "Ms Tola Adeyemi</a>" in page


def test_a_checkpoint_is_gone_back_to(pkb: Client, checkpoint: str):
    pkb.send(example("siu_s12"))
    response = submit(pkb, CHECKPOINTS, "POST /checkpoints/before/restore")
    assert notice(pkb.http.get(response.headers["location"])) == "The world is back at before."
    assert pkb.control("/checkpoints/before/diff")["added"] == []


def test_two_checkpoints_are_compared(pkb: Client, checkpoint: str):
    pkb.http.post("/_sandbox/checkpoints", json={"name": "between"})
    pkb.send(example("siu_s12"))
    assert "Nothing has changed." in pkb.http.get(f"{PREFIX}{DIFFERENCE}&to=between").text
    assert "appointment booked" in pkb.http.get(f"{PREFIX}{DIFFERENCE}&to=").text
    pkb.http.delete("/_sandbox/checkpoints/between")


def test_a_checkpoint_is_deleted(pkb: Client, checkpoint: str):
    assert submit(pkb, CHECKPOINTS, "DELETE /checkpoints/before").status_code == 303
    assert pkb.control("/checkpoints")["checkpoints"] == []


@pytest.mark.parametrize("query", ["?from=nothing", "", "?from=before&to=nothing", "?from=..%2F..%2Freset"])
def test_an_unknown_checkpoint_is_404_in_words(pkb: Client, checkpoint: str, query: str):
    response = pkb.http.get(f"{PREFIX}{CHECKPOINTS}/difference{query}")
    assert response.status_code == 404
    assert "No checkpoint" in response.text


def test_a_very_large_difference_is_cut_and_says_so(pkb: Client, checkpoint: str):
    assert pkb.http.post("/_sandbox/generate", json={"patients": 80, "seed": 3}).status_code == 201
    page = pkb.http.get(PREFIX + DIFFERENCE).text
    assert "has compared the first 1,000 entities that differ" in page
    assert len(page) < 1_000_000


def test_without_checkpoints_the_page_says_what_to_do(pkb: Client):
    assert "checkpoint create before" in pkb.http.get(PREFIX + CHECKPOINTS).text
