"""Fidelity: how well founded the sandbox is, fact by fact, and what the traffic of this world rests on."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.pages.fidelity import areas, search, traffic
from sandbox.console.rendering import render_page
from sandbox.errors import NotFound
from sandbox.facts import STANDINGS, ledger
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/fidelity"
TABS = (
    (PATH, "Ledger"),
    (f"{PATH}/traffic", "What your calls rest on"),
    ("/docs/differences", "Differences from PKB"),
)


def show_ledger(call: Call) -> Response:
    """Show the counts of each area as bars, and the facts that fit the filter."""
    query = search.FactQuery.parse(call.request.query_params)
    page = search.find(query)
    return render_page(
        call,
        "fidelity/ledger.html",
        title="Fidelity",
        tabs_of_page=TABS,
        query=query,
        page=page,
        bars=areas.bars(),
        areas=areas.AREAS,
        standings=STANDINGS,
        total=len(ledger()),
    )


def show_fact(call: Call) -> Response:
    """Show one fact. Raises NotFound."""
    id_ = call.request.query_params.get("id", "")
    fact = ledger().get(id_)
    if fact is None:
        raise NotFound(f"The ledger has no fact {id_[:120]!r}")
    same_source = [other for other in ledger().values() if other.source == fact.source and other is not fact]
    return render_page(
        call,
        "fidelity/fact.html",
        title=fact.id,
        tabs_of_page=TABS,
        fact=fact,
        area=areas.area_of(fact),
        same_source=same_source[:10],
    )


def show_traffic(call: Call) -> Response:
    """Show the standing of each operation that this world's journal holds."""
    rows = traffic.operations(call.workspace.exchanges)
    return render_page(
        call,
        "fidelity/traffic.html",
        title="What your calls rest on",
        tabs_of_page=TABS,
        rows=rows,
        counts={word: sum(row.calls for row in rows if row.standing == word) for word in STANDINGS},
        base_url=call.base_url,
    )


ROUTES = (
    Route("GET", PATH, show_ledger, "fidelity"),
    Route("GET", f"{PATH}/fact", show_fact, "fidelity"),
    Route("GET", f"{PATH}/traffic", show_traffic, "fidelity"),
)
