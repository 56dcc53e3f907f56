"""What an exchange can become: an assertion, a fault rule, code, an entry in a form of Try it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sandbox.base.readable import render_readable
from sandbox.console.snippets import HttpRequest
from sandbox.http.call import Call
from sandbox.worlds.exchange import Exchange

EXPECTED = ("api", "operation", "client", "patient", "outcome")
LEFT_OUT = ("authorization", "cookie", "accept", "origin", "referer")
FORMS = {
    "rest": "/try/rest",
    "facade": "/try/fhir",
    "messaging": "/try/fhir",
    "customer": "/try/fhir",
    "aggregated": "/try/fhir",
}
"""API → the form of Try it for its requests."""
LONGEST_BODY = 4_000
"""Characters of a body that code contains."""


def assertion_of(exchange: Exchange) -> dict[str, str]:
    """Return the assertion that such an exchange happened: the body of `POST /verify`, curl, and a line of pytest."""
    values = {name: getattr(exchange, name) for name in EXPECTED}
    expectation = {name: value for name, value in values.items() if value}
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in expectation.items())
    return {
        "verify": render_readable({"expect": [expectation]}),
        "pytest": f"pkb_sandbox.assert_exchanged({arguments})",
    }


def fault_query(exchange: Exchange) -> dict[str, str]:
    """Return the parameters that fill in the form of a fault rule for such exchanges."""
    values = {
        "api": exchange.api,
        "operation": exchange.operation,
        "client": exchange.client,
        # The operation is the same for every patient; the path would name this one.
        "path": exchange.path if not exchange.operation else "",
    }
    return {name: value for name, value in values.items() if value}


def form_path(exchange: Exchange) -> str:
    """Return the page of Try it that takes such a request."""
    if exchange.is_message:
        return "/try/hl7"
    return FORMS.get(exchange.api, "")


def as_code(call: Call, exchange: Exchange) -> HttpRequest | None:
    """Return the request as code; None if its body is not whole, or is no text."""
    request: dict[str, Any] = exchange.request.as_json()
    is_whole = exchange.request.length <= len(exchange.request.body) and "\ufffd" not in request["body"]
    if not is_whole or len(request["body"]) > LONGEST_BODY or exchange.scheme == "mllp":
        return None
    headers = [(name, value) for name, value in request["headers"].items() if name.lower() not in LEFT_OUT]
    secret = "Basic ${CREDENTIALS}" if exchange.api in ("hl7", "oauth") else "Bearer ${TOKEN}"
    if exchange.client:
        headers.insert(0, ("authorization", secret))
    return HttpRequest(
        exchange.method,
        f"{call.base_url}{quote(exchange.path)}" + exchange.shown_path[len(exchange.path) :],
        tuple(headers),
        request["body"],
        variables=("CREDENTIALS", "TOKEN"),
    )
