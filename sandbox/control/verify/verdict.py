"""Judge the exchanges of a world. Imported by the first `POST /verify`, because most servers never get one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.control import fields
from sandbox.control.verify import contract, judging
from sandbox.control.verify.bounds import Bounds
from sandbox.control.verify.conditions import ConditionReader
from sandbox.control.verify.expectation import read_all
from sandbox.control.verify.judging import Journal
from sandbox.control.verify.request_body import Hl7Reader, RequestBody
from sandbox.worlds.exchange import Exchange

Json = dict[str, Any]


Reporter = Callable[[Sequence[Exchange], Sequence[str], Mapping[str, str]], Json]
"""Builds the contract report of exchanges, for the levels to fail on and the allowed rules."""


def verdict(payload: Json, exchanges: Sequence[Exchange], dropped: int, hl7: Hl7Reader, report_of: Reporter) -> Json:
    """The answer. Raises Invalid."""
    bounds = Bounds()
    expectations = read_all(payload.get("expect", []), ConditionReader(hl7, bounds))
    in_order = fields.flag(payload, "in_order", False)
    levels, allowed = _levels(payload), contract.read_allowed(payload.get("allow", []))
    journal = Journal(exchanges, dropped, lambda exchange: RequestBody(exchange, hl7, bounds))
    report = report_of(exchanges, levels, allowed)
    failures = [
        *judging.failures(journal, expectations, in_order=in_order),
        *contract.failures(exchanges, report, levels, allowed),
    ]
    return {
        "ok": not failures,
        "failures": [failure.as_json() for failure in failures],
        "report": report,
    }


def _levels(payload: Json) -> tuple[str, ...]:
    """The levels that fail besides the expectations; by default refusals."""
    return contract.read_levels(payload.get("fail_on", [] if "expect" in payload else ["refused"]))
