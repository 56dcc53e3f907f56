"""The documentation in the console: every page of `docs/`, with links that lead somewhere, and a search."""

from __future__ import annotations

import re

import pytest

from sandbox.console.documentation.library import anchor_of, documents, search
from sandbox.console.documentation.markdown import render_markdown
from sandbox.console.documentation.navigation import INDEX
from tests.support import Client

DOCS = "/_sandbox/console/docs"
NAMES = sorted(documents().keys() - {INDEX})


@pytest.fixture(scope="module")
def pages(running: Client) -> dict[str, str]:
    """Address → every page, rendered once."""
    addresses = [f"{DOCS}/{name}" for name in NAMES]
    return {address: running.http.get(address).raise_for_status().text for address in addresses}


def test_every_page_is_rendered_with_its_links(running: Client, pages: dict[str, str]):
    others = {DOCS: running.http.get(DOCS).text}
    for page, text in pages.items():
        assert "<article" in text, page
        for link in re.findall(r'href="(/_sandbox/console/docs/[^"]+)"', text):
            address, _, anchor = link.partition("#")
            if address not in pages and address not in others:
                others[address] = running.http.get(address).raise_for_status().text
            assert not anchor or f'id="{anchor}"' in pages.get(address, others.get(address, "")), (page, link)


def test_every_page_is_listed(pkb: Client):
    index = pkb.http.get(DOCS).text
    assert [name for name in NAMES if f'href="{DOCS}/{name}"' not in index] == []


def test_the_search_finds_sections_with_all_words(pkb: Client):
    text = pkb.http.get(DOCS, params={"q": "lost acknowledgement"}).text
    assert f"{DOCS}/testing#" in text
    assert "No page has all of these words" in pkb.http.get(DOCS, params={"q": "xyzzy"}).text


def test_matches_in_a_heading_come_first():
    first = search("clock")[0]
    assert "clock" in first.section.heading.lower()


def test_the_search_words_are_escaped(pkb: Client):
    text = pkb.http.get(DOCS, params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_html_in_markdown_is_text():
    assert "<b>" not in render_markdown("A <b>word</b>", lambda address: address)


def test_a_line_break_stays_and_a_comment_is_left_out():
    assert render_markdown("<!-- generated -->\n\nA<br>b", lambda address: address) == "<p>A<br>b</p>\n"


def test_a_link_without_an_address_is_text():
    rendered = render_markdown(
        "[code](../sandbox/app.py) [page](hl7.md)", lambda address: (address.startswith("hl7") and "/hl7") or ""
    )
    assert rendered == '<p><a>code</a> <a href="/hl7">page</a></p>\n'


def test_a_pipeline_file_is_text(pkb: Client):
    response = pkb.http.get(f"{DOCS}/ci/compose.yml")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert pkb.http.get(f"{DOCS}/ci/../generate.py").status_code == 404
    assert pkb.http.get(f"{DOCS}/ci/none.yml").status_code == 404
    assert pkb.http.get(f"{DOCS}/none").status_code == 404


def test_an_anchor_is_that_of_code_hosts():
    assert anchor_of("`GET /exchanges`: the journal") == "get-exchanges-the-journal"


def test_pictures_are_served_to_their_page(pkb: Client):
    page = pkb.http.get(f"{DOCS}/console").text
    (source, *others) = re.findall(r'<img src="([^"]+)"', page)
    assert len(others) == 5
    picture = pkb.http.get(f"{DOCS}/{source}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert pkb.http.get(f"{DOCS}/pictures/none.png").status_code == 404
