"""The built documentation site in Chromium: axe, the content security policy, the search, code to copy."""

from __future__ import annotations

import pytest

from sandbox.console.documentation.built_site import built_site
from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = [
    *in_a_browser,
    pytest.mark.own_environment("docs"),
    pytest.mark.skipif(built_site() is None, reason="the site is not built: python docs/build.py"),
]
PATHS = [f"/_sandbox/docs/{name}" for name in ("", "hl7.html", "settings.html", "search.html?q=token")]


def test_the_site_can_be_read_searched_and_copied_from(pkb: Client):
    site = walk("site.mjs", pkb.server.base_url, PATHS)
    assert site["findings"] == {}
    assert site["copied"] == "pkb-sandbox serve"
    assert site["theme"] in ("light", "dark")
    assert any("testing.html" in address for address in site["results"])
