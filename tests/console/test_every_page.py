"""Every page of the console: it answers, it is sealed against foreign scripts, and its links lead somewhere."""

from __future__ import annotations

import re

from tests.console.crawling import PREFIX, pages
from tests.support import Client

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def test_every_link_leads_to_a_page_that_is_sealed(pkb: Client):
    for path, response in pages(pkb.http).items():
        assert response.status_code == 200, path
        if "text/html" not in response.headers["content-type"]:
            continue
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert response.headers["x-frame-options"] == "DENY", path
        assert not INLINE.search(response.text), path


def test_a_page_has_one_first_heading_a_language_and_a_title(pkb: Client):
    for path, response in pages(pkb.http).items():
        if "text/html" in response.headers["content-type"]:
            assert response.text.count("<h1") == 1, path
            assert '<html lang="en-GB">' in response.text, path
            assert "· PKB Sandbox</title>" in response.text, path


def test_the_root_redirects_to_the_console(pkb: Client):
    response = pkb.http.get("/")
    assert (response.status_code, response.headers["location"]) == (307, PREFIX)


def test_an_unknown_page_is_404_in_words(pkb: Client):
    response = pkb.http.get(f"{PREFIX}nowhere")
    assert response.status_code == 404
    assert "No route matches" in response.text


def test_a_page_is_about_the_world_that_its_address_names(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "second"})
    try:
        response = pkb.http.get(f"{PREFIX}start?workspace=second")
        assert "World <b>second</b>" in response.text
        assert f'href="{PREFIX}patients?workspace=second"' in response.text
        assert pkb.http.get(f"{PREFIX}start?workspace=none").status_code == 404
    finally:
        pkb.http.delete("/_sandbox/workspaces/second")
