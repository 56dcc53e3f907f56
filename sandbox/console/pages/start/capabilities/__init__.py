"""Step 3: what each API can do, from the data that the APIs themselves are built on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from sandbox.console.pages.start.capabilities import fhir_statements, hl7_messages, rest_operations
from sandbox.errors import NotFound
from sandbox.http.call import Call

Page = Callable[[Call, str], Response | Awaitable[Response]]

PAGES: dict[str, Page] = {
    "hl7": hl7_messages.show_messages,
    "rest": rest_operations.show_rest_operations,
    "facade": fhir_statements.show_statement,
    "messaging": fhir_statements.show_statement,
    "customer": fhir_statements.show_statement,
    "aggregated": fhir_statements.show_statement,
}
"""API → its page."""


def show_capabilities(call: Call) -> Response | Awaitable[Response]:
    """Render the page of an API. Raises NotFound."""
    page = PAGES.get(call.params["api"])
    if page is None:
        raise NotFound(f"The API must be one of: {', '.join(PAGES)}")
    return page(call, call.params["api"])
