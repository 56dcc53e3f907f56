"""The list of the traffic: live, filtered, in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from sandbox.console.pages.traffic.filters import TrafficFilter, newer_than, page_before
from sandbox.console.pages.traffic.rows import rows_of
from sandbox.console.rendering import render_fragment, render_page
from sandbox.control.queries import WORDS
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE
from sandbox.model import Credential
from sandbox.worlds.slices import Slices

MOST_CLIENTS = 500
"""Clients that the filter suggests."""


async def show_exchanges(call: Call) -> Response:
    values = await list_values(call, TrafficFilter.of(call))
    return render_page(call, "traffic/index.html", title="Traffic", **values, current=None)


async def rows_since(call: Call) -> Response:
    """Return the rows that came after `?after=`, as a fragment of the page: scripts put them on top of the list."""
    filter_ = TrafficFilter.of(call)
    newer = newer_than(call, filter_.criteria, call.request.query_params.get("after", ""))
    exchanges = await Slices().complete(newer)
    values: dict[str, Any] = {"rows": rows_of(exchanges), "filters": filter_.values, "current": None, "fresh": True}
    return render_fragment(call, "traffic/rows.html", **values)


async def list_values(call: Call, filter_: TrafficFilter) -> dict[str, Any]:
    """What the list needs, on its own page and beside an exchange."""
    before = call.request.query_params.get("before", "")
    page = await Slices().complete(page_before(call, filter_.criteria, before))
    return {
        "rows": rows_of(page.exchanges),
        "older": page.older,
        "before": before,
        "filters": filter_.values,
        "control_query": _control_query(call, filter_),
        "total": len(call.workspace.exchanges),
        "dropped": call.workspace.exchanges.dropped,
        "apis": WORDS["api"],
        "outcomes": WORDS["outcome"],
        "clients": _clients(call),
        "fresh": False,
    }


def _control_query(call: Call, filter_: TrafficFilter) -> str:
    """The query of a control call with the same filters, in the same world; empty or with its question mark."""
    world = {} if call.workspace is call.workspaces.default else {WORKSPACE: call.workspace.name}
    query = urlencode({**filter_.for_control, **world})
    return f"?{query}" if query else ""


def _clients(call: Call) -> list[str]:
    return sorted(credential.id for credential in call.workspace.store.all(Credential))[:MOST_CLIENTS]
