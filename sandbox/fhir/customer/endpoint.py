"""The Customer endpoints as a front end: which address asks for which interaction, and how each is carried out.

The statement of the endpoint's release decides what is offered.
"""

from __future__ import annotations

import re
from functools import partial

from starlette.responses import Response

from sandbox.call import Call
from sandbox.errors import NotFound
from sandbox.fhir.caller import identify
from sandbox.fhir.customer import access, body
from sandbox.fhir.customer.admission import admitted, offered
from sandbox.fhir.customer.outcome import dialect
from sandbox.fhir.customer.reply import respond, shaped
from sandbox.fhir.endpoints import CUSTOMER
from sandbox.fhir.exact import render
from sandbox.fhir.feed import Feed, OnChange
from sandbox.fhir.interactions.create import create
from sandbox.fhir.interactions.delete import delete
from sandbox.fhir.interactions.history import history_instance, history_type
from sandbox.fhir.interactions.patch import patch
from sandbox.fhir.interactions.read import read_stored
from sandbox.fhir.interactions.search_type import search_stored
from sandbox.fhir.interactions.update import update
from sandbox.fhir.interactions.vread import vread
from sandbox.fhir.negotiation import wanted
from sandbox.fhir.requests import Interaction, Request, tag_of
from sandbox.frontend import FrontEnd, Route
from sandbox.workspace import Workspaces

ROOT = "/{endpoint}/fhir"
ADDRESSES = (
    ("GET", "/{type}/_history", "history-type"),
    ("GET", "/{type}/{id}/_history", "history-instance"),
    ("GET", "/{type}/{id}/_history/{version}", "vread"),
    ("GET", "/{type}/{id}", "read"),
    ("PUT", "/{type}/{id}", "update"),
    ("PATCH", "/{type}/{id}", "patch"),
    ("DELETE", "/{type}/{id}", "delete"),
    ("POST", "/{type}/_search", "search-type"),
    ("GET", "/{type}", "search-type"),
    ("POST", "/{type}", "create"),
)
"""Method and address → FHIR's code of the interaction."""

INTERACTIONS: dict[str, Interaction] = {
    "create": create,
    "delete": delete,
    "history-instance": history_instance,
    "history-type": history_type,
    "patch": patch,
    "read": read_stored,
    "search-type": search_stored,
    "update": update,
    "vread": vread,
}
"""FHIR's code of an interaction → what it does."""


def front_end(workspaces: Workspaces, on_change: tuple[OnChange, ...] = ()) -> FrontEnd:
    """All Customer endpoints. `on_change` is told of every change of a resource, in its transaction."""
    routes = [Route("GET", f"{ROOT}/metadata", _capabilities, "capabilities")]
    for method, address, code in ADDRESSES:
        routes.append(Route(method, ROOT + address, partial(_run, code=code, on_change=on_change), code))
    for address in ("/{type}/{rest:path}", "/{type}", "/", ""):
        routes.append(Route(METHODS, ROOT + address, _not_offered))
    return FrontEnd(
        api=CUSTOMER.api,
        workspaces=workspaces,
        routes=tuple(routes),
        identify=identify,
        dialect=dialect,
        fallback=_nothing,
    )


STRICT = re.compile(r"\bhandling=strict\b", re.IGNORECASE)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def _capabilities(call: Call) -> Response:
    """The statement, with the address that it was asked at. Needs no token: the default world's endpoint is meant."""
    name = call.params["endpoint"]
    found = access.endpoint(call.workspace, name)
    if found is None:
        raise NotFound(f"No endpoint {name}", rule="customer.unknown-endpoint")
    call.rests_on("inferred")
    statement = offered(found[1].release).statement
    implementation = {**statement["implementation"], "url": call.base_url + access.mount(call, name)}
    return shaped(call, found[1].release, render({**statement, "implementation": implementation}))


async def _run(call: Call, code: str, on_change: tuple[OnChange, ...]) -> Response:
    if call.params.get("id", "").startswith(("$", "_")):
        return _not_offered(call)
    feed = admitted(call, code, on_change)
    wanted(call)
    call.operation = f"{code} {call.params['type']}"
    request = await _request(call, feed, code)
    with feed.store.transaction():
        answer = INTERACTIONS[code](feed, request)
    return respond(call, feed, answer)


async def _request(call: Call, feed: Feed, code: str) -> Request:
    headers, type_, id_ = call.request.headers, call.params["type"], call.params.get("id", "")
    writes = code in ("create", "update")
    return Request(
        method=call.request.method,
        type=type_,
        id=id_,
        version=call.params.get("version", ""),
        query=body.pairs(call),
        if_match=tag_of(headers.get("if-match", "")),
        if_none_match=tag_of(headers.get("if-none-match", "")),
        draft=await body.draft(call, feed, type_, id_) if writes else None,
        patch=body.patch(call) if code == "patch" else None,
        strict=STRICT.search(headers.get("prefer", "")) is not None,
    )


def _not_offered(call: Call) -> Response:
    admitted(call, "")
    raise AssertionError("no statement offers an interaction without a code")


def _nothing(call: Call) -> Response:
    if call.principal is not None:
        call.authorise("read_clinical")
    raise NotFound(f"Nothing at {call.request.url.path}", rule="customer.unknown-endpoint")
