"""`POST /verify`: are the exchanges of a world as a test expects them?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from sandbox.control import fields
from sandbox.control.verify import contract, judging
from sandbox.control.verify.bounds import Bounds
from sandbox.control.verify.conditions import ConditionReader
from sandbox.control.verify.expectation import read_all
from sandbox.control.verify.judging import Journal
from sandbox.control.verify.request_body import Hl7Reader, RequestBody
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.worlds.exchange import Exchange

Json = dict[str, Any]
KEYS = ("expect", "in_order", "fail_on", "allow")


def verify(hl7: Hl7Reader) -> ControlOperation:
    """The operation; the HL7 room says how messages are read."""

    async def answer(call: Call) -> Json:
        payload, journal = body(call, KEYS), call.workspace.exchanges
        # In a thread of its own: paths and patterns of the caller may take long.
        return await asyncio.to_thread(_verified, payload, tuple(journal), journal.dropped, hl7)

    return ControlOperation(
        "POST", "/verify", "Checks the exchanges against expectations and reports differences", answer
    )


def _verified(payload: Json, exchanges: Sequence[Exchange], dropped: int, hl7: Hl7Reader) -> Json:
    """The answer. Raises Invalid."""
    bounds = Bounds()
    expectations = read_all(payload.get("expect", []), ConditionReader(hl7, bounds))
    in_order = fields.flag(payload, "in_order", False)
    levels, allowed = _levels(payload), contract.read_allowed(payload.get("allow", []))
    journal = Journal(exchanges, dropped, lambda exchange: RequestBody(exchange, hl7, bounds))
    failures = [
        *judging.failures(journal, expectations, in_order=in_order),
        *contract.failures(exchanges, levels, allowed),
    ]
    return {
        "ok": not failures,
        "failures": [failure.as_json() for failure in failures],
        "report": contract.report(exchanges),
    }


def _levels(payload: Json) -> tuple[str, ...]:
    """The levels that fail besides the expectations; by default refusals."""
    return contract.read_levels(payload.get("fail_on", [] if "expect" in payload else ["refused"]))
