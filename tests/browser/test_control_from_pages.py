"""A page of another origin, in Chromium, does not drive the control API of a sandbox on the same machine."""

from __future__ import annotations

import pytest

from tests.browser.cross_origin import attempts, free_port, in_a_browser
from tests.support import Client

pytestmark = in_a_browser

TEXT = {"method": "POST", "mode": "no-cors", "headers": {"Content-Type": "text/plain"}, "body": "{}"}
REFUSED_UNSEEN = {"type": "opaque", "status": 0, "headers": {}, "body": ""}


@pytest.mark.parametrize("page", ["foreign", "frame"])
def test_a_page_of_another_origin_changes_and_reads_nothing(pkb: Client, page: str):
    pkb.http.get("/fhir/metadata")
    control = f"http://localhost:{pkb.server.port}/_sandbox"
    reset = {"page": page, "fetch": [f"{control}/reset", TEXT]}
    cleared = {"page": page, "fetch": [f"{control}/exchanges", {"method": "DELETE"}]}
    read = {"page": page, "fetch": [f"{control}/credentials", {}]}
    image = {"page": page, "image": f"{control}/credentials"}
    results = attempts(pkb.server.base_url, free_port(), reset, cleared, read, image)
    assert results == [REFUSED_UNSEEN, {"error": "TypeError"}, {"error": "TypeError"}, {"event": "error"}]
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


@pytest.mark.parametrize("enctype", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_of_another_origin_is_refused(pkb: Client, enctype: str):
    pkb.http.get("/fhir/metadata")
    form = {"action": f"http://localhost:{pkb.server.port}/_sandbox/reset", "enctype": enctype}
    assert attempts(pkb.server.base_url, free_port(), {"page": "foreign", "form": form}) == [{"status": 401}]
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


def test_a_page_of_the_sandbox_itself_does(pkb: Client):
    pkb.http.get("/fhir/metadata")
    reading = {"page": "own", "fetch": ["/_sandbox/world", {}]}
    reset = {"page": "own", "fetch": ["/_sandbox/reset", {"method": "POST"}]}
    first, second = attempts(pkb.server.base_url, free_port(), reading, reset)
    assert (first["status"], second["status"]) == (200, 200)
    assert pkb.control("/exchanges")["exchanges"] == []
