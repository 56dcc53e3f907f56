"""The walk through the code grant in Chromium, from no client to refreshed tokens."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser


def test_a_person_walks_through_the_code_grant(pkb: Client):
    results = walk("oauth_walk.mjs", pkb.server.base_url)
    assert results["email"] == "tola.adeyemi@example.org"
    assert "code_verifier does not match" in results["refused"]
    assert results["steps"][:3] == ["Refresh the tokens", "Call GET /users/self", "Exchange the code for tokens"]
    assert results["findings"] == []
