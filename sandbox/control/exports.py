"""The journal as files that other tools read: an HTTP Archive, and a log of HL7 messages.

Both choose their exchanges by the parameters of `GET /exchanges`, and are sent in pieces: a full journal does not hold
up other requests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable

from starlette.responses import Response, StreamingResponse

from sandbox.control import har
from sandbox.control.queries import matching
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlHandler, ControlOperation
from sandbox.worlds.exchange import Exchange

ER7 = "x-application/hl7-v2+er7; charset=utf-8"


def _archive(call: Call) -> Response:
    """The exchanges that match, as one HAR document, newest last."""
    dropped = call.workspace.exchanges.dropped
    comment = {"comment": f"The journal has dropped {dropped} older exchanges."} if dropped else {}
    head = json.dumps({"version": "1.2", "creator": har.CREATOR, **comment})[:-1]
    return _file(_joined(f'{{"log":{head},"entries":[', matching(call), "]}}"), "exchanges.har", "application/json")


async def _joined(start: str, exchanges: Iterable[Exchange], end: str) -> AsyncIterator[str]:
    yield start
    for number, exchange in enumerate(exchanges):
        yield ("," if number else "") + json.dumps(har.entry(exchange))
        await asyncio.sleep(0)
    yield end


def hl7_log(messages_of: Callable[[Exchange], list[str]]) -> ControlHandler:
    """The operation that lists messages and acknowledgements; the HL7 room says which messages an exchange has."""

    async def lines(exchanges: Iterable[Exchange]) -> AsyncIterator[str]:
        for exchange in exchanges:
            for message in messages_of(exchange):
                yield "".join(f"{segment}\r\n" for segment in message.split("\r") if segment) + "\r\n"
            await asyncio.sleep(0)

    def answer(call: Call) -> Response:
        hl7 = [exchange for exchange in matching(call) if exchange.api == "hl7"]
        return _file(lines(hl7), "exchanges.hl7", ER7)

    return answer


def _file(pieces: AsyncIterator[str], name: str, media_type: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces, headers=disposition, media_type=media_type)


OPERATIONS = (
    ControlOperation("GET", "/exchanges.har", "Gives the exchanges as an HTTP Archive, newest last", _archive),
)
