"""A form for requests to the FHIR endpoints."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.pages.start.examples import CellExample, examples, request_of
from sandbox.console.pages.start.stage import CellStage, MissingFromWorld
from sandbox.console.pages.try_it.overview import TABS
from sandbox.console.pages.try_it.request_fields import LONGEST_LIST, RequestFields, choices, send_fields
from sandbox.console.pages.try_it.result import exchange_in_query, result_values
from sandbox.console.rendering import render_page
from sandbox.errors import Invalid
from sandbox.fhir.base.endpoints import AGGREGATED, CUSTOMER, FACADE, MESSAGING
from sandbox.http.call import Call
from sandbox.model import Organisation

FIRST_EXAMPLE = "partner.facade.read_demographics"
APIS = ("facade", "messaging", "customer", "aggregated")
MEDIA_TYPE = "application/fhir+json"


def show_fhir_form(call: Call) -> Response:
    """Show the form with the request of `?exchange=`, of the cell in `?example=`, or a first example."""
    exchange, is_result = exchange_in_query(call)
    name = call.request.query_params.get("example") or ("" if exchange else FIRST_EXAMPLE)
    fields = RequestFields.of_exchange(exchange) if exchange else _of_example(call, name)
    endpoints = endpoints_of(call)
    prefix = max((path for path in endpoints if f"{fields.path}/".startswith(f"{path}/")), key=len, default="")
    return render_page(
        call,
        "try_it/fhir.html",
        title="Try FHIR",
        tabs_of_page=TABS,
        fields=fields.with_address(call),
        endpoints=endpoints,
        prefix=prefix,
        rest_of_path=fields.path[len(prefix) :].removeprefix("/") if prefix else fields.path,
        examples=_examples(),
        example=name,
        **choices(call),
        **result_values(call, exchange if is_result else None),
    )


async def send_request(call: Call) -> Response:
    """Send the request of the form, and return to it with the result. Raises Invalid, NotFound."""
    rows = parse_form(call)
    check_csrf(call, value_of(rows, "_csrf"))
    prefix = value_of(rows, "endpoint")
    if prefix not in endpoints_of(call):
        raise Invalid("Choose one of the FHIR endpoints.")
    path = f"{prefix}/{value_of(rows, 'path').strip().removeprefix('/')}".removesuffix("/")
    exchange = await send_fields(call, RequestFields.of_form(rows, path))
    return leave(call, f"/try/fhir?exchange={exchange.id}&sent=1#result")


def endpoints_of(call: Call) -> dict[str, str]:
    """Prefix of a FHIR endpoint → its name."""
    customers = {
        f"{CUSTOMER.prefix}/{endpoint.name}/fhir": f"Customer, {organisation.name} ({endpoint.release.upper()})"
        for _, organisation in zip(range(LONGEST_LIST), call.workspace.store.all(Organisation), strict=False)
        for endpoint in organisation.endpoints
    }
    return {
        FACADE.prefix: "Facade (STU3)",
        MESSAGING.prefix: "Messaging (STU3)",
        **customers,
        AGGREGATED.prefix: "Aggregated (R4)",
    }


def _examples() -> dict[str, str]:
    """Cell of the matrix → what its request does; each request once."""
    by_text: dict[tuple[str, str], str] = {}
    for cell, example in examples().items():
        if example.api in APIS:
            by_text.setdefault((example.api, example.text), cell)
    by_text[("facade", examples()[FIRST_EXAMPLE].text)] = FIRST_EXAMPLE
    return {cell: f"{api}: {text}" for (api, text), cell in sorted(by_text.items(), key=_order)}


def _order(row: tuple[tuple[str, str], str]) -> tuple[int, str]:
    (api, text), _ = row
    return APIS.index(api), text


def _of_example(call: Call, cell: str) -> RequestFields:
    """Return the request of an example, as far as the world has what it needs. Raises Invalid."""
    example = examples().get(cell)
    if example is None or example.api not in APIS:
        raise Invalid("There is no such example.")
    return of_start_example(call, example)


def of_start_example(call: Call, example: CellExample) -> RequestFields:
    """Fill in an example of the Start section with values of the world."""
    stage = CellStage(call.workspace, example.kind)
    try:
        request = request_of(example, stage, "")
        caller: dict[str, Any] = {"client": stage.credential.id}
        if example.kind == "system-client":
            caller["organisation"] = stage.organisation.id
        if example.kind == "user-client":
            caller["user"] = stage.user
    except MissingFromWorld:
        return RequestFields(path=f"{FACADE.prefix}/metadata", headers=f"Accept: {MEDIA_TYPE}")
    address = urlsplit(request.url)
    left_out = ("authorization", "x-org-public-id")
    lines = [f"{name}: {value}" for name, value in request.headers if name.lower() not in left_out]
    return RequestFields(
        method=request.method,
        path=address.path,
        query=address.query,
        headers="\n".join(lines),
        body=request.body.strip(),
        **caller,
    )
