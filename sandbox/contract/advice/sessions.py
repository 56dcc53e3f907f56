"""Advice on the sessions of users: a refresh token that comes again."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs

from sandbox.contract.observed import ObservedExchange
from sandbox.worlds.exchange import Exchange

REFRESH = "token refresh_token"


class ReusedRefreshTokens:
    """A refresh token that had brought new tokens before. Tokens are compared by their hash."""

    def __init__(self) -> None:
        self._used: set[tuple[str, int]] = set()

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        if exchange.operation != REFRESH:
            return False
        # Any bytes are latin-1, so that a damaged body does not stop the report.
        form = parse_qs(exchange.request.body.decode("latin-1"))
        key = (exchange.client, hash(form.get("refresh_token", [""])[0]))
        is_reused = key in self._used
        if exchange.outcome == "accepted":
            self._used.add(key)
        return is_reused

    def conclude(self) -> Iterable[Exchange]:
        return ()
