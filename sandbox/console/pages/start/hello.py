"""Step 5: the first call of each integration type, what it answers, and what it changes in the record."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from sandbox.access.matrix import TYPES, matrix
from sandbox.console import browser
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.pages.start.cells import request_or_reason
from sandbox.console.pages.start.examples import BASIC, examples, request_of
from sandbox.console.pages.start.outcome import outcome_of
from sandbox.console.pages.start.progress import steps
from sandbox.console.pages.start.sending import send_example
from sandbox.console.pages.start.stage import CellStage, chosen_credential
from sandbox.console.pages.start.table import chosen_type
from sandbox.console.pages.start.token_commands import token_command
from sandbox.console.pages.start.words import words
from sandbox.console.rendering import render_page
from sandbox.errors import NotFound
from sandbox.http.call import Call

FIRST_CALLS = {
    "customer": "customer.hl7.send_data",
    "partner": "partner.facade.read_demographics",
    "app": "app.rest.send_data",
}
"""Integration type → the cell whose example is its first call."""


def show_first_call(call: Call) -> Response:
    """Render the page: the types to choose from, or the first call of `?type=`, with the response of `?exchange=`."""
    type_ = chosen_type(call)
    if not type_:
        return render_page(
            call,
            "start/choose.html",
            title="Hello, world",
            words=words(),
            types=TYPES,
            steps=steps(call, "", "hello"),
        )
    example = examples()[FIRST_CALLS[type_]]
    stage = CellStage(call.workspace, example.kind, chosen_credential(call))
    request, missing = request_or_reason(call, example, stage)
    return render_page(
        call,
        "start/hello.html",
        title="Hello, world",
        words=words(),
        types=TYPES,
        type=type_,
        cell=matrix()[FIRST_CALLS[type_]],
        example=example,
        stage=stage,
        is_basic=example.kind in BASIC,
        request=request,
        missing=missing,
        command=token_command(call, stage) if request else "",
        outcome=outcome_of(call, call.request.query_params.get("exchange", "")),
        steps=steps(call, type_, "hello"),
    )


async def run_first_call(call: Call) -> Response:
    """Send the first call of a type, its token request recorded too. Raises NotFound, Missing, Invalid."""
    type_ = call.params["type"]
    if type_ not in TYPES:
        raise NotFound(f"The integration type must be one of: {', '.join(TYPES)}")
    browser.check_csrf(call, value_of(parse_form(call), "_csrf"))
    example = examples()[FIRST_CALLS[type_]]
    stage = CellStage(call.workspace, example.kind, chosen_credential(call))
    request = request_of(example, stage, call.base_url)
    exchange = await send_example(call, stage, request, is_token_recorded=True)
    query = urlencode({"type": type_, "exchange": exchange.id, "credential": stage.credential.id})
    return leave(call, f"/start/hello?{query}#response")
