"""Traffic in Chromium: live from a second client, paused, filtered."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser


def test_traffic_arrives_while_the_page_is_open(pkb: Client):
    results = walk("traffic.mjs", pkb.server.base_url)
    assert results["none"] == 0
    assert "GET /fhir/Patient" in results["first"]
    assert results["fresh"] == 1
    assert results["news"] == "1 new exchange"
    assert results["paused"] == 2
    assert results["filtered"] == 1
    assert "outcome=refused" in results["address"]
    assert "Would have been accepted" in results["explained"]
    assert results["again"].startswith("Sent again")
    assert results["findings"] == []
