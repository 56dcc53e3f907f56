"""What a client sent during a step, and the filters over it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.worlds.exchange import Exchange

TEXTS = ("api", "operation", "client", "outcome", "method", "path", "patient")
"""Conditions that an exchange equals, or begins with before a trailing `*`."""


@dataclass(frozen=True, slots=True)
class ArrivedExchange:
    """An exchange and the time at which it was recorded, in seconds of the monotonic clock."""

    exchange: Exchange
    # Not the exchange's own time: a step may freeze or advance the clock of its world.
    at: float

    @property
    def start(self) -> float:
        """When the request came."""
        return self.at - self.exchange.ms / 1000

    @property
    def text(self) -> str:
        """The operation and its result, in a few words."""
        exchange = self.exchange
        result = (exchange.hl7 or {}).get("ack") or str(exchange.status or "")
        if not exchange.status:
            result = "no response"
        return f"{exchange.operation or exchange.method + ' ' + exchange.path} ({result})"


def meets(exchange: Exchange, conditions: Mapping[str, Any], faults: Container[str]) -> bool:
    """Return whether an exchange meets the conditions of a filter; `faults` are the ids of the step's fault rules."""
    return all(
        _equals(str(getattr(exchange, name)), str(value))
        if name in TEXTS
        else CONDITIONS[name](exchange, value, faults)
        for name, value in conditions.items()
        if name not in ("text", "at_least")
    )


def _equals(actual: str, pattern: str) -> bool:
    return actual.startswith(pattern[:-1]) if pattern.endswith("*") else actual == pattern


Condition = Callable[[Exchange, Any, Container[str]], bool]
CONDITIONS: dict[str, Condition] = {
    "contains": lambda exchange, text, _: exchange.contains(text),
    "status": lambda exchange, status, _: exchange.status == status,
    "ack": lambda exchange, code, _: (exchange.hl7 or {}).get("ack") == code,
    "fault": lambda exchange, value, faults: ((exchange.fault or "") in faults) is value,
}
"""Condition of its own kind → whether an exchange meets it."""
