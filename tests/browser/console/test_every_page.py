"""A page of each kind in Chromium: axe, no scrolling sideways, no small text; light and dark, wide and narrow."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.console.crawling import kinds, pages
from tests.support import Client

pytestmark = in_a_browser


def test_every_kind_of_page_can_be_read_by_everyone(pkb: Client):
    responses = pages(pkb.http)
    paths = kinds(path for path, response in responses.items() if "html" in response.headers["content-type"])
    assert walk("every_page.mjs", pkb.server.base_url, paths, seconds=600) == {}
