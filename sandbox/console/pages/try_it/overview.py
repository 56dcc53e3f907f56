"""The first page of Try it: what can be tried."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.rendering import render_page
from sandbox.http.call import Call

TABS = (
    ("/try", "Overview"),
    ("/try/hl7", "HL7 v2"),
    ("/try/fhir", "FHIR"),
    ("/try/rest", "Custom REST"),
    ("/try/oauth", "OAuth 2.0"),
)


def show_ways_to_try(call: Call) -> Response:
    return render_page(call, "try_it/index.html", title="Try it", tabs_of_page=TABS)
