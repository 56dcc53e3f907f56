"""What the content security policy of the console blocks in Chromium."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser


def test_inline_scripts_and_foreign_sources_are_blocked(pkb: Client):
    blocked = walk("foreign.mjs", pkb.server.base_url)
    assert blocked["wasRun"] is False
    assert blocked["violations"] == ["connect-src", "img-src", "script-src-elem", "style-src-attr"]
    assert set(blocked["failures"]) <= {"csp"}
