"""The page of the outbox: each item as it would look, filters, and links that lead to pages of the console."""

from __future__ import annotations

import pytest

from tests.console.crawling import PREFIX
from tests.console.forms import submit
from tests.console.samples import example
from tests.support import Client

OUTBOX = "bench/outbox"


@pytest.fixture
def mailed(pkb: Client) -> Client:
    """An invitation, an appointment by mail and app, and mails that PKB does not send."""
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-03-03T12:00:00Z"})
    for name in ("adt_a28", "siu_s12"):
        assert pkb.send(example(name)).code == "AA"
    return pkb


def page(pkb: Client, query: str = "") -> str:
    return pkb.http.get(f"{PREFIX}{OUTBOX}{query}").text


def test_sent_items_are_listed_with_their_exchange(mailed: Client):
    text = page(mailed)
    assert "invites Mrs Rina" in text
    assert 'class="post nhs-app"' in text
    assert "Not sent:" not in text
    newest = mailed.control("/exchanges")["exchanges"][-1]["id"]
    assert f'href="{PREFIX}traffic/{newest}"' in text


def test_suppressed_items_say_the_reason_in_words(mailed: Client):
    text = page(mailed, "?suppressed=true")
    assert "allergies and diagnoses that arrive by HL7 or FHIR are not notified" in text
    assert "invites Mrs Rina" not in text
    assert "invites Mrs Rina" in page(mailed, "?suppressed=all")


@pytest.mark.parametrize(
    ("query", "present", "absent"),
    [
        ("?kind=invitation", "invites Mrs Rina", "appointment"),
        ("?channel=nhs-app", "appointment", "invites Mrs Rina"),
        ("?to=RINA", "invites Mrs Rina", "appointment"),
        ("?patient=adeyemi", "appointment", "invites Mrs Rina"),
    ],
)
def test_filters_narrow_the_list(mailed: Client, query: str, present: str, absent: str):
    articles = page(mailed, query).partition('id="outbox-items"')[2].partition("pager")[0]
    assert present in articles
    assert absent not in articles


def test_nothing_that_fits_leads_back_to_all(mailed: Client):
    assert "Nothing fits." in page(mailed, "?to=nobody@example.org")


def test_links_lead_to_pages_of_the_console_and_none_to_other_sites(mailed: Client):
    text = page(mailed)
    assert f'href="{PREFIX}join?t1=' in text
    assert "https://bookings.northmoor.example/manage?id=APT-77120" in text
    assert 'href="https://bookings' not in text
    assert "assertedLoginIdentity=" not in text


def test_the_outbox_is_emptied(mailed: Client):
    assert submit(mailed, OUTBOX, "DELETE /outbox").status_code == 303
    assert mailed.control("/outbox")["items"] == []
    assert "Nothing was sent yet." in page(mailed)


def test_the_bar_counts_what_was_sent(mailed: Client):
    sent_items = mailed.control("/outbox")["items"]
    assert f"Outbox <b>{len(sent_items)}</b>" in page(mailed)


def test_text_of_a_record_stays_text_on_every_page_of_the_bench(pkb: Client):
    hostile = "<script>alert(1)</script>"
    pkb.http.post("/_sandbox/checkpoints", json={"name": "before"})
    assert pkb.send(example("adt_a28").replace("Khatun", hostile)).code == "AA"
    pages = ("", "/clock", "/faults", "/held", "/outbox", "/generate", "/checkpoints/difference?from=before")
    texts = [pkb.http.get(f"{PREFIX}bench{path}").text for path in pages]
    pkb.http.delete("/_sandbox/checkpoints/before")
    assert any("&lt;script&gt;alert(1)" in text for text in texts)
    assert not any("<script>alert" in text for text in texts)
