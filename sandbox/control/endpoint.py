"""The addresses of the control API, as one table; the OpenAPI document is made from the same rows."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from starlette.responses import HTMLResponse, Response

from sandbox.access import credentials
from sandbox.access.matrix import matrix
from sandbox.control import (
    acts,
    checkpoints,
    clock,
    configuration,
    entries,
    exports,
    faults,
    health,
    issuing,
    metrics,
    outbox,
    queries,
    records,
    views,
    workspaces,
)
from sandbox.control.explanation import page
from sandbox.control.heard import HeardExchanges
from sandbox.control.named_world import identify
from sandbox.control.openapi import described, document, is_guarded
from sandbox.control.problem import dialect
from sandbox.control.waiting import first_matches, seconds_of
from sandbox.errors import Invalid, NotFound
from sandbox.facts import STANDINGS
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body, parameters
from sandbox.http.front_end import FrontEnd
from sandbox.http.prefixes import CONTROL
from sandbox.http.routes import Handler, Route
from sandbox.http.sealed import SEALED
from sandbox.worlds.slices import Slices
from sandbox.worlds.workspaces import Workspaces

RESETTABLE = ("store", "faults", "clock", "exchanges")


def front_end(worlds: Workspaces, operations: tuple[ControlOperation, ...]) -> FrontEnd:
    """The control API: its own operations, and those of other rooms."""
    routes = tuple(
        Route(
            operation.method,
            operation.path,
            _as_described(operation),
            operation.summary,
            is_about_a_world=operation.is_about_a_world,
        )
        for operation in operations
    )
    # Without a journal: it is for the traffic under test, which calls about it must not push out.
    return FrontEnd(api="control", workspaces=worlds, routes=routes, identify=identify, dialect=dialect, journal=False)


def _as_described(operation: ControlOperation) -> Handler:
    """Wrap an operation to refuse parameters, and a body, that its description does not have."""
    # Health checks are called by tools that add parameters of their own.
    if not is_guarded(operation.path):
        return operation

    def respond(call: Call) -> Response | Awaitable[Response]:
        row = described(operation.method, operation.path)
        parameters(call, row.get("query", ()))
        if "body" not in row:
            body(call, ())
        response = operation(call)
        if operation.method != "GET" and operation.is_about_a_world:
            call.workspace.mail.call(None)  # the call may have changed the clock or the whole state
        return response

    return respond


def openapi(base_url: str, operations: tuple[ControlOperation, ...]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the control API."""
    return document(
        base_url + CONTROL, [(operation.method, operation.path, operation.summary) for operation in operations]
    )


def _credentials(call: Call) -> Any:
    return {"credentials": credentials.list_credentials(call.workspace)}


async def _world(call: Call) -> Any:
    return await Slices().complete(views.world(call.workspace.store, call.base_url))


def _matrix(call: Call) -> Any:
    return {"cells": [cell.as_json() for cell in matrix().values()]}


def _cell(call: Call) -> Any:
    cell = matrix().get(call.params["cell"])
    if cell is None:
        raise NotFound(
            f"{call.params['cell']} is not a cell; a cell is <type>.<api>.<action>, such as partner.facade.send_data"
        )
    return cell.as_json()


def _reset(call: Call) -> Any:
    requested = body(call, ("reset",)).get("reset", list(RESETTABLE))
    if not isinstance(requested, list) or not all(part in RESETTABLE for part in requested):
        raise Invalid(f"reset must be a list of: {', '.join(RESETTABLE)}")
    parts = tuple(part for part in RESETTABLE if part in requested)
    call.workspace.reset(parts)
    return {"reset": list(parts)}


async def _exchanges(call: Call) -> Response:
    """Return the matching exchanges, newest last; with `wait`, wait for the first."""
    journal = call.workspace.exchanges
    criteria = parameters(call, (*queries.FILTERS, "wait"))
    query, seconds = queries.ExchangeQuery.of(criteria), seconds_of(criteria)
    heard = HeardExchanges(query, journal)
    matches = await first_matches(call, seconds, heard.look, heard.wake_on)
    return exports.listed(query.cut(matches), journal.dropped)


def _clear_exchanges(call: Call) -> Any:
    call.workspace.empty_journal()
    return Response(status_code=204)


def _exchange(call: Call) -> Any:
    row = exchange_as_json(call, call.params["id"])
    if row is None:
        raise NotFound("The exchange does not exist; the journal keeps only the newest")
    return row


def exchange_as_json(call: Call, id_: str) -> dict[str, Any] | None:
    """Return the exchange with an id; None if the journal does not have it (any more)."""
    exchange = call.workspace.exchanges.find(id_)
    return exchange.as_json() if exchange else None


def _explanation(call: Call) -> Any:
    exchange = call.workspace.exchanges.find(call.params["id"])
    if exchange is None or exchange.explanation is None:
        raise NotFound("No explanation is available: the exchange does not exist or was not refused")
    # People follow the link of a log line in a browser; programs get the same as JSON.
    if "text/html" in call.request.headers.get("accept", ""):
        return HTMLResponse(page(exchange, call.base_path), headers=SEALED)
    return exchange.explanation


def _facts(call: Call) -> Any:
    standing = parameters(call, ("standing",)).get("standing")
    if standing not in (None, *STANDINGS):
        raise Invalid(f"standing must be one of: {', '.join(STANDINGS)}")
    return views.facts(standing)


OPERATIONS = (
    *health.OPERATIONS,
    ControlOperation("GET", "/credentials", "Lists every credential", _credentials),
    ControlOperation("GET", "/world", "Lists organisations, teams, endpoints, patients, users and partners", _world),
    ControlOperation("GET", "/matrix", "Returns the access matrix, cell by cell", _matrix, is_about_a_world=False),
    ControlOperation("GET", "/matrix/{cell}", "Returns one cell of the access matrix", _cell, is_about_a_world=False),
    ControlOperation("POST", "/reset", "Restores the world's starting state", _reset),
    ControlOperation("GET", "/exchanges", "Lists the exchanges of the journal, newest last", _exchanges),
    ControlOperation("DELETE", "/exchanges", "Empties the journal", _clear_exchanges),
    ControlOperation("GET", "/exchanges/{id}", "Returns one exchange", _exchange),
    ControlOperation("GET", "/exchanges/{id}/explanation", "Explains why an exchange was refused", _explanation),
    ControlOperation(
        "GET", "/facts", "Lists every emulated behaviour with its standing and source", _facts, is_about_a_world=False
    ),
    *workspaces.OPERATIONS,
    *exports.OPERATIONS,
    *metrics.OPERATIONS,
    *clock.OPERATIONS,
    *faults.OPERATIONS,
    *checkpoints.OPERATIONS,
    *outbox.OPERATIONS,
    *issuing.OPERATIONS,
    *configuration.OPERATIONS,
    *records.OPERATIONS,
    *entries.OPERATIONS,
    *acts.OPERATIONS,
)
