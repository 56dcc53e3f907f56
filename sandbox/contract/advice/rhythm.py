"""Advice on how often a client asks: for tokens, and for the same data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.contract.observed import ObservedExchange
from sandbox.worlds.exchange import Exchange

TOKENS = "token client_credentials"
TOKENS_IN_A_ROW = 3
"""Number of tokens in a row, each used once at most, after which the report advises to reuse tokens."""
TOKEN_LIFE = timedelta(minutes=20)
"""Time after which a client may well need another token."""
READS_IN_A_ROW = 5
"""Number of equal reads, each within `READ_GAP` of the one before, after which the report advises against polling."""
READ_GAP = timedelta(seconds=10)


@dataclass(slots=True)
class _TokenUse:
    """The newest token of a client: when it came, the requests since, and how many like it came in a row."""

    at: datetime
    requests: int = 0
    in_a_row: int = 1


class TokenForEachRequest:
    """Tokens of the client credentials grant that were used once at most while they were valid."""

    def __init__(self) -> None:
        self._newest: dict[str, _TokenUse] = {}

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        newest = self._newest.get(exchange.client)
        if exchange.operation != TOKENS or exchange.outcome != "accepted":
            if newest is not None and exchange.api != "oauth":
                newest.requests += 1
            return False
        is_alike = newest is not None and newest.requests <= 1 and exchange.at - newest.at < TOKEN_LIFE
        in_a_row = newest.in_a_row + 1 if newest is not None and is_alike else 1
        self._newest[exchange.client] = _TokenUse(exchange.at, in_a_row=in_a_row)
        return in_a_row >= TOKENS_IN_A_ROW

    def conclude(self) -> Iterable[Exchange]:
        return ()


class Polling:
    """The same read again and again."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, str], tuple[datetime, int]] = {}

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        if exchange.method != "GET" or exchange.api == "hl7" or exchange.outcome != "accepted" or exchange.fault:
            return False
        key = (exchange.client, exchange.path, exchange.query)
        newest, in_a_row = self._runs.get(key, (exchange.at, 0))
        in_a_row = in_a_row + 1 if exchange.at - newest <= READ_GAP else 1
        self._runs[key] = (exchange.at, in_a_row)
        return in_a_row >= READS_IN_A_ROW

    def conclude(self) -> Iterable[Exchange]:
        return ()
