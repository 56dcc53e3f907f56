"""The HL7 editor in Chromium: lint while typing, send, and the difference of the record."""

from __future__ import annotations

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser


def test_a_message_is_corrected_by_its_findings_and_sent(pkb: Client):
    results = walk("hl7_editor.mjs", pkb.server.base_url)
    assert results["place"] == "SCH-11.4"
    assert results["selected"] == "soon"
    assert results["summary"].startswith("AR: ")
    assert results["images"] == 0
    assert "1 appointment booked: Knee clinic review" in results["result"]
    assert results["exchange"] == "hl7 · SIU^S12"
    assert results["findings"] == []
    assert [row["outcome"] for row in pkb.control("/exchanges")["exchanges"]] == ["accepted"]
