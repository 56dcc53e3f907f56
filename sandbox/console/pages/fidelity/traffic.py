"""What the traffic of a world rests on: operations of the journal by standing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sandbox.facts import STANDINGS
from sandbox.worlds.exchange import Exchange


class OperationStanding(NamedTuple):
    """Exchanges of one operation with one standing; `latest` is the id of the newest of them."""

    standing: str
    api: str
    operation: str
    calls: int
    latest: str


def operations(exchanges: Iterable[Exchange]) -> list[OperationStanding]:
    """Count the exchanges that have a standing, the weakest standing first, then the most frequent."""
    counts, latest = Counter[tuple[str, str, str]](), dict[tuple[str, str, str], str]()
    for exchange in exchanges:
        if exchange.standing:
            key = (exchange.standing, exchange.api, exchange.operation or exchange.path)
            counts[key] += 1
            latest[key] = exchange.id
    rows = [OperationStanding(*key, number, latest[key]) for key, number in counts.items()]
    return sorted(rows, key=lambda row: (-STANDINGS.index(row.standing), -row.calls, row.api, row.operation))
