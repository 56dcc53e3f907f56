"""The journal as a list, and as files that other tools read: an HTTP Archive, and a log of HL7 messages.

All choose their exchanges by the parameters of `GET /exchanges`, and are sent in pieces: a full journal does not hold
up other requests.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from starlette.responses import Response, StreamingResponse

from sandbox.control import har
from sandbox.control.queries import matching
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlHandler, ControlOperation
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.slices import Slices

ER7 = "x-application/hl7-v2+er7; charset=utf-8"
PIECE = 64 * 1024
"""Number of characters that are written at once."""


def listed(exchanges: Iterable[Exchange], dropped: int) -> Response:
    """Return exchanges as the control API lists them, and the number of older ones that the journal dropped."""
    rows = (exchange.as_json() for exchange in exchanges)
    return StreamingResponse(_joined('{"exchanges":[', rows, f'],"dropped":{dropped}}}'), media_type="application/json")


async def _archive(call: Call) -> Response:
    """Return the matching exchanges as one HAR document, newest last."""
    dropped = call.workspace.exchanges.dropped
    comment = {"comment": f"The journal has discarded {dropped} older exchanges."} if dropped else {}
    head = json.dumps({"version": "1.2", "creator": har.CREATOR, **comment})[:-1]
    rows = map(har.entry, await matching(call))
    return _file(_joined(f'{{"log":{head},"entries":[', rows, "]}}"), "exchanges.har", "application/json")


async def _joined(start: str, rows: Iterable[Any], end: str) -> AsyncIterator[str]:
    """Write JSON with the rows, rendered one by one, between its start and end."""
    piece, slices = start, Slices()
    # Before the first row as well: it may be long, and many requests may have come this far in the same turn.
    await slices.pause()
    for number, row in enumerate(rows):
        piece += ("," if number else "") + json.dumps(row)
        if len(piece) >= PIECE:
            yield piece
            piece = ""
        await slices.pause()
    yield piece + end


def hl7_log(messages_of: Callable[[Exchange], list[str]]) -> ControlHandler:
    """Return the operation that lists messages and acknowledgements; the HL7 room extracts the messages of an
    exchange.
    """

    async def lines(exchanges: Iterable[Exchange]) -> AsyncIterator[str]:
        slices = Slices()
        for exchange in exchanges:
            for message in messages_of(exchange):
                # CR LF and an empty line between messages: segments end in CR alone, which editors show as one line.
                yield "".join(f"{segment}\r\n" for segment in message.split("\r") if segment) + "\r\n"
            await slices.pause()

    async def download(call: Call) -> Response:
        hl7 = [exchange for exchange in await matching(call) if exchange.api == "hl7"]
        return _file(lines(hl7), "exchanges.hl7", ER7)

    return download


def _file(pieces: AsyncIterator[str], name: str, media_type: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, headers=disposition, media_type=media_type)


OPERATIONS = (
    ControlOperation("GET", "/exchanges.har", "Returns the exchanges as an HTTP Archive, newest last", _archive),
)
