"""What became of a request that a page sent: its exchange in the journal, made readable."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.hl7.client import returned
from sandbox.http.call import Call
from sandbox.worlds.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An exchange with the text of its response: an acknowledgement without its envelope, or indented JSON."""

    exchange: Exchange
    text: str


def outcome_of(call: Call, id_: str) -> Outcome | None:
    """Return what became of an exchange; None if the journal does not have it."""
    exchange = call.workspace.exchanges.find(id_) if id_ else None
    return Outcome(exchange=exchange, text=response_text(exchange)) if exchange else None


def response_text(exchange: Exchange) -> str:
    body: str = exchange.response.as_json()["body"]
    try:
        if exchange.is_message:
            return returned(body.encode()).replace("\r", "\n").strip() or body
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body
