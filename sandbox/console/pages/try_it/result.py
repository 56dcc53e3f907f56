"""The result of what was sent from Try it: outcome, reason, response, and what changed in the record."""

from __future__ import annotations

from typing import Any

from sandbox.console.bodies import format_body
from sandbox.console.record_changes import difference_by
from sandbox.console.sending import exchange_of, is_held
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.worlds.exchange import Exchange


def exchange_in_query(call: Call) -> tuple[Exchange | None, bool]:
    """Return the exchange of `?exchange=`, and whether it was sent by the form. Raises NotFound."""
    query = call.request.query_params
    exchange = exchange_of(call, query["exchange"]) if query.get("exchange") else None
    return exchange, exchange is not None and query.get("sent") == "1"


def result_values(call: Call, exchange: Exchange | None) -> dict[str, Any]:
    """What the panel of the result needs; without an exchange there is none."""
    if exchange is None:
        return {"exchange": None}
    return {
        "exchange": exchange,
        "is_held": is_held(call, exchange),
        "acknowledgement": (exchange.hl7 or {}).get("text", "").replace("\r", "\n").strip(),
        "response": {"headers": exchange.response.as_json()["headers"], "body": format_body(exchange.response)},
        "difference": difference_by(call.workspace, exchange),
        "patient": call.workspace.store.find_one(Patient, exchange.patient),
        "facts": {id_ for id_ in (exchange.explanation or {}).get("id", "").splitlines() if id_ in ledger()},
    }
