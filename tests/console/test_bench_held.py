"""The page of the held messages: why each waits, and what a person decides."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import replace
from html import unescape

import pytest

from sandbox.console.pages.bench.held import HeldComparison, comparison_of
from sandbox.model import HeldMessage
from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.console.samples import example
from tests.support import Client

HELD = "bench/held"
OTHER_BIRTH = example("siu_s12").replace("19880214", "19990101")


@pytest.fixture
def soft(pkb: Client) -> Client:
    """A world whose organisation compares dates of birth: switched on by the form of the page."""
    call = f"PUT /organisations/{pkb.organisation()}/configuration"
    assert submit(pkb, HELD, call).status_code == 303
    return pkb


def message_id(pkb: Client) -> str:
    (waiting,) = pkb.control("/hl7/review")["held"]
    return str(waiting["id"])


def is_applied(pkb: Client) -> bool:
    appointments = pkb.control("/records/9991001379")["appointments"]
    return any(appointment["external_id"] == "APT-77120" for appointment in appointments)


def page(pkb: Client, query: str = "") -> str:
    return pkb.http.get(f"{PREFIX}{HELD}{query}").text


def test_a_held_message_shows_both_values_side_by_side(soft: Client):
    assert soft.send(OTHER_BIRTH).code == "AA"
    text = page(soft)
    assert "PID-7.1 (date of birth) differs" in text
    assert re.search(r"<td[^>]*>1988-02-14</td><td[^>]*><mark>1999-01-01</mark></td>", text)
    assert "<mark>PID|||9991001379" in text


def test_an_approved_message_is_applied(soft: Client):
    soft.send(OTHER_BIRTH)
    response = submit(soft, HELD, f"POST /hl7/review/{message_id(soft)}/approve")
    assert notice(soft.http.get(response.headers["location"])) == "SIU^S12 for Ms Tola Adeyemi: approved."
    assert is_applied(soft)
    assert "No message waits." in page(soft)
    assert "SIU^S12" in page(soft, "?outcome=approved")


def test_a_rejected_message_is_not_applied(soft: Client):
    soft.send(OTHER_BIRTH)
    submit(soft, HELD, f"POST /hl7/review/{message_id(soft)}/reject")
    assert not is_applied(soft)
    assert "SIU^S12" in page(soft, "?outcome=rejected")


def test_a_message_that_cannot_be_applied_any_more_stays_held_and_says_why(soft: Client):
    soft.send(OTHER_BIRTH)
    path = f"/_sandbox/organisations/{soft.organisation()}/configuration"
    assert soft.http.put(path, json={"options": {"soft_matching": []}}).status_code == 200
    store = soft.server.workspaces.default.store
    (waiting,) = store.all(HeldMessage)
    store.put(replace(waiting, text=waiting.text.replace("202604020930", "")))
    response = submit(soft, HELD, f"POST /hl7/review/{waiting.id}/approve")
    assert response.status_code == 400
    assert "stays held" in response.text
    assert "SCH-11.4" in response.text


def test_the_bar_counts_messages_that_wait_and_no_decided_ones(soft: Client):
    soft.send(OTHER_BIRTH)
    assert re.search(r'id="bar-held"[^>]*>1 message held', page(soft))
    submit(soft, HELD, f"POST /hl7/review/{message_id(soft)}/reject")
    assert re.search(r'id="bar-held"[^>]* hidden>', page(soft))


def test_the_command_of_the_empty_page_has_a_message_held(soft: Client):
    match = re.search(r"(pkb-sandbox hl7 send -.*?)</pre>", page(soft), re.DOTALL)
    assert match is not None
    command, _, rest = unescape(match[1]).partition(" <<'END'\n")
    words = [sys.executable, "-m", "sandbox", *shlex.split(command)[1:]]
    ran = subprocess.run(words, input=rest.removesuffix("END"), capture_output=True, text=True, timeout=60)
    assert "MSA|AA" in ran.stdout, ran.stderr
    assert message_id(soft)


def test_a_message_of_megabytes_is_cut(soft: Client):
    soft.send(OTHER_BIRTH.replace("Bring your exercise diary.", "<b>" + "x" * 300_000))
    text = page(soft)
    assert "more</p>" in text
    assert "<b>x" not in text
    assert len(text) < 100_000


@pytest.mark.parametrize(
    ("differences", "comparison"),
    [
        (("message: a: b", "record: c"), HeldComparison(message="a: b", record="c")),
        (("status 02", "status 01 expected"), HeldComparison(message="status 02", expected="status 01 expected")),
        ((), None),
    ],
)
def test_differences_are_read(differences: tuple[str, ...], comparison: HeldComparison | None):
    assert comparison_of(differences) == comparison
