"""The forms of Try it for FHIR and Custom REST in Chromium."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser


def test_requests_are_sent_from_forms_and_refusals_keep_what_was_typed(pkb: Client):
    results = walk("request_forms.mjs", pkb.server.base_url)
    assert '"resourceType": "Bundle"' in results["fhir"]
    assert "GET /users/self" in results["rest"]
    assert "is no header" in results["refused"]
    assert results["kept"] == "no header"
    assert results["findings"] == []
