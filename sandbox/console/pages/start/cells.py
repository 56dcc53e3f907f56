"""A cell of the access matrix: its decision, and an example request that runs."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from sandbox.access.matrix import Cell, matrix
from sandbox.console import browser
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.pages.start.examples import CellExample, examples, request_of
from sandbox.console.pages.start.outcome import outcome_of
from sandbox.console.pages.start.progress import steps
from sandbox.console.pages.start.sending import send_example
from sandbox.console.pages.start.stage import CellStage, MissingFromWorld, chosen_credential
from sandbox.console.pages.start.token_commands import token_command
from sandbox.console.pages.start.words import title_of, words
from sandbox.console.rendering import render_page
from sandbox.console.snippets import HttpRequest
from sandbox.errors import NotFound
from sandbox.http.call import Call


def show_cell(call: Call) -> Response:
    """Render the page of a cell, with the response of `?exchange=`. Raises NotFound."""
    cell, example = _cell(call)
    type_, api, action = cell.cell.split(".")
    stage = CellStage(call.workspace, example.kind, chosen_credential(call))
    request, missing = request_or_reason(call, example, stage)
    return render_page(
        call,
        "start/cell.html",
        title=title_of(cell.cell),
        cell=cell,
        example=example,
        is_nearest=_is_nearest(cell),
        words=words(),
        type=type_,
        api=api,
        action=action,
        stage=stage,
        request=request,
        missing=missing,
        command=token_command(call, stage) if request else "",
        outcome=outcome_of(call, call.request.query_params.get("exchange", "")),
        steps=steps(call, type_, "apis"),
    )


async def run_example(call: Call) -> Response:
    """Send the example, and return to the page with its exchange. Raises NotFound, Missing, Invalid."""
    cell, example = _cell(call)
    browser.check_csrf(call, value_of(parse_form(call), "_csrf"))
    stage = CellStage(call.workspace, example.kind, chosen_credential(call))
    exchange = await send_example(call, stage, request_of(example, stage, call.base_url))
    query = urlencode({"exchange": exchange.id, "credential": stage.credential.id})
    return leave(call, f"/start/cell/{cell.cell}?{query}#response")


def _cell(call: Call) -> tuple[Cell, CellExample]:
    cell = matrix().get(call.params["cell"])
    if cell is None:
        raise NotFound("The access matrix has no such cell")
    return cell, examples()[cell.cell]


def request_or_reason(call: Call, example: CellExample, stage: CellStage) -> tuple[HttpRequest | None, str]:
    """Return the example's request, or what the world lacks for it."""
    try:
        return request_of(example, stage, call.base_url), ""
    except MissingFromWorld as missing:
        return None, missing.text


def _is_nearest(cell: Cell) -> bool:
    """Return whether no request asks for this cell alone: the example then only comes near it.

    Whether data is from others is decided datum by datum, and HL7 has no query for clinical data.
    """
    return cell.decision != "allowed" and (cell.cell.endswith("from_others") or ".hl7.read_clinical" in cell.cell)
