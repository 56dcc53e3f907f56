"""A row of the traffic: what a person needs to recognise an exchange."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.worlds.exchange import Exchange

LONGEST = 160
"""Maximum number of characters of a reason in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficRow:
    """`detail` is the caller and the reason, `time` the world's."""

    exchange: Exchange
    title: str
    detail: str
    time: str

    @classmethod
    def of(cls, exchange: Exchange) -> TrafficRow:
        name = exchange.operation or f"{exchange.method} {exchange.path}"
        reason = (exchange.explanation or {}).get("expected", "").partition("\n")[0][:LONGEST]
        parts = [
            exchange.client or "nobody",
            f"fault {exchange.fault}" if exchange.fault else "",
            f"repeat of {exchange.repeats[:8]}" if exchange.repeats else "",
            reason,
            f"scenario {exchange.scenario}" if exchange.scenario else "",
        ]
        return cls(
            exchange=exchange,
            title=f"{exchange.api} · {name[:LONGEST]}",
            detail=" · ".join(part for part in parts if part),
            time=f"{exchange.at:%H:%M:%S}",
        )


def rows_of(exchanges: Iterable[Exchange]) -> list[TrafficRow]:
    return [TrafficRow.of(exchange) for exchange in exchanges]
