"""Custom REST: its operations, objects and errors, from the catalogue."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.pages.start.capabilities.page import render_capabilities
from sandbox.http.call import Call
from sandbox.rest.catalogue import operations
from sandbox.rest.dialect import table
from sandbox.rest.objects import shapes


def show_rest_operations(call: Call, api: str) -> Response:
    return render_capabilities(
        call,
        api,
        "rest.html",
        "Custom REST: operations",
        operations=operations(),
        shapes=shapes(),
        errors=list(table().values()),
    )
