"""`GET /report`: the contract report of a world, as JSON, text, Markdown or HTML; and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.base import datafiles
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.http.sealed import SEALED
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.slices import in_thread

if TYPE_CHECKING:
    from sandbox.control.verify.verdict import Reporter

Json = dict[str, Any]
SCHEMA = "contract/report.schema.json"
FORMATS = ("text/html", "text/markdown", "text/plain")
"""Media types besides JSON; the first of them in the Accept header counts."""


def reporter(call: Call) -> Reporter:
    """Return the function that builds reports of the call's world. It may run in another thread."""
    from sandbox.contract.report import labelled_endpoints, report

    labelled = labelled_endpoints(call.workspace.store)

    def build(exchanges: Sequence[Exchange], fail_on: Sequence[str], allowed: Mapping[str, str]) -> Json:
        return report(exchanges, labelled, fail_on, allowed)

    return build


async def _report(call: Call) -> Response:
    # A copy of the exchanges: the journal goes on while the thread reads them.
    report = await in_thread(partial(reporter(call), tuple(call.workspace.exchanges), ("refused",), {}))
    accepted = [part.partition(";")[0].strip() for part in call.headers.get("accept", "").split(",")]
    media_type = next((part for part in accepted if part in FORMATS or "json" in part), "")
    if media_type not in FORMATS:
        return JSONResponse(report)
    from sandbox.contract.formats import FORMATTERS

    text = FORMATTERS[media_type](report)
    return PlainTextResponse(text, media_type=media_type, headers=SEALED)


def _schema(call: Call) -> Response:
    return JSONResponse(datafiles.read_json(datafiles.beside_code(SCHEMA)), media_type="application/schema+json")


OPERATIONS = (
    ControlOperation("GET", "/report", "Returns the contract report: what was used, refused and advised", _report),
    ControlOperation(
        "GET", "/report/schema.json", "Returns the JSON Schema of the contract report", _schema, is_about_a_world=False
    ),
)
