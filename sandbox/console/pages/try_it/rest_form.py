"""A form for requests to the Custom REST API: an operation of the catalogue, with its parameters."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from starlette.responses import Response

from sandbox.base.readable import render_readable
from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.pages.try_it.overview import TABS
from sandbox.console.pages.try_it.request_fields import RequestFields, choices, send_fields
from sandbox.console.pages.try_it.result import exchange_in_query, result_values
from sandbox.console.rendering import render_page
from sandbox.console.sending import people_of
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Credential
from sandbox.rest.catalogue import Parameter, RestOperation, operations
from sandbox.rest.objects import shapes
from sandbox.rest.requests import NEW, SIGN_INS
from sandbox.worlds.exchange import Exchange

PREFIX = "/json"
PREFIXES = (PREFIX, "/rest")
PARAMETER = "parameter."
"""The beginning of the name of a parameter's field."""
FIRST_OPERATION = "GET /users/self"


def show_rest_form(call: Call) -> Response:
    """Show the form with the request of `?exchange=`, or with an example of the operation in `?operation=`."""
    exchange, is_result = exchange_in_query(call)
    name = (exchange.operation if exchange else call.request.query_params.get("operation")) or FIRST_OPERATION
    operation = _by_name().get(name) or _by_name()[FIRST_OPERATION]
    if exchange is not None:
        fields, values = RequestFields.of_exchange(exchange), _values_in(exchange, operation)
    else:
        fields, values = _example(call, operation), {row.name: _example_text(row) for row in operation.parameters}
    return render_page(
        call,
        "try_it/rest.html",
        title="Try Custom REST",
        tabs_of_page=TABS,
        fields=fields.with_address(call),
        operation=operation,
        operations=_by_name(),
        name=_name(operation),
        values=values,
        **choices(call),
        **result_values(call, exchange if is_result else None),
    )


async def send_request(call: Call) -> Response:
    """Send the request of the form, and return to it with the result. Raises Invalid, NotFound."""
    rows = parse_form(call)
    check_csrf(call, value_of(rows, "_csrf"))
    operation = _by_name().get(value_of(rows, "operation"))
    if operation is None:
        raise Invalid("Choose an operation of the catalogue.")
    path, query = PREFIX + operation.path, {}
    for parameter in operation.parameters:
        value = value_of(rows, PARAMETER + parameter.name)
        if parameter.place == "path":
            if not value:
                raise Invalid(f"{parameter.name} is a part of the path, and must not be empty.")
            # A slash in a value must not begin another segment.
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif value:
            query[parameter.name] = value
    address = [("method", operation.method), ("query", urlencode(query)), *rows]
    exchange = await send_fields(call, RequestFields.of_form(address, path))
    return leave(call, f"/try/rest?exchange={exchange.id}&sent=1#result")


def _by_name() -> dict[str, RestOperation]:
    """`GET /users/self` → the operation."""
    return {_name(operation): operation for operation in operations()}


def _name(operation: RestOperation) -> str:
    return f"{operation.method} {operation.path}"


def _example_text(parameter: Parameter) -> str:
    """The example of a parameter; empty where only another response can give the value."""
    text = "" if parameter.example is None else str(parameter.example)
    return "" if text.startswith(NEW) else text


def _example(call: Call, operation: RestOperation) -> RequestFields:
    """An example of an operation, by a person of the first scope that may call it."""
    body = operation.example or (shapes()[operation.body].example() if operation.body else None)
    headers = "Accept: application/json" + ("\nContent-Type: application/json" if body else "")
    return RequestFields(
        method=operation.method,
        path=PREFIX + operation.path,
        headers=headers,
        body=render_readable(body) if body else "",
        **_caller(call, operation),
    )


def _caller(call: Call, operation: RestOperation) -> dict[str, Any]:
    """The person of the catalogue's examples where the world has them, else the first with the scope."""
    if operation.public:
        return {}
    scope, store = operation.scopes[0], call.workspace.store
    usual = SIGN_INS[scope]
    apps = [store.find_one(Credential, usual.client_id), *store.find(Credential, "kind", "user-client")]
    for app in apps:
        if app is not None and not app.revoked and scope in app.scopes:
            persons = [person for person in people_of(call.workspace, app) if person.scope == scope]
            if persons:
                person = next((person for person in persons if person.id == usual.user), persons[0])
                return {"client": app.id, "user": person.id}
    return {}


def _values_in(exchange: Exchange, operation: RestOperation) -> dict[str, str]:
    """The values of an operation's parameters in a request."""
    prefix = next((start for start in PREFIXES if exchange.path.startswith(f"{start}/")), "")
    in_path = Route("GET", operation.path, lambda call: Response()).match(exchange.path[len(prefix) :]) or {}
    in_query = parse_qs(exchange.query, keep_blank_values=True)
    return {
        row.name: in_path.get(row.name, "") if row.place == "path" else ",".join(in_query.get(row.name, []))
        for row in operation.parameters
    }
