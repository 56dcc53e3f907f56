"""The exchanges that a waiting call hears of, and which of them fit."""

from __future__ import annotations

from collections import deque

from sandbox.control.queries import ExchangeQuery
from sandbox.control.waiting import Wake
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.listeners import Remove
from sandbox.worlds.slices import Slices

MOST_UNREAD = 10_000
"""Maximum number of exchanges whose text a call has still to search: as many as the journal keeps."""


class HeardExchanges:
    """What fits a query in a journal: first what it contains, then what is added.

    Exchanges are recorded while their clients wait, and many calls may listen: a text is searched later, in slices.
    Until then only the id is kept, since the journal alone decides how long exchanges are.
    """

    def __init__(self, query: ExchangeQuery, journal: Exchanges) -> None:
        self._query = query
        self._journal = journal
        self._has_looked = False
        self._matches: list[Exchange] = []
        self._unread: deque[str] = deque(maxlen=MOST_UNREAD)

    def wake_on(self, wake: Wake) -> Remove:
        """Listen from now on."""
        criteria = self._query.criteria

        def hear(exchange: Exchange) -> None:
            if not criteria.may_fit(exchange):
                return
            if criteria.text:
                self._unread.append(exchange.id)
            else:
                self._matches.append(exchange)
            wake()

        return self._journal.kept.add(hear)

    async def look(self) -> list[Exchange]:
        """Return what fits, newest last. Raises NotFound as the query does."""
        slices = Slices()
        if not self._has_looked:
            self._has_looked = True
            matches = await slices.complete(self._query.select(self._journal))
            if matches:
                return matches
        while self._unread:
            exchange = self._journal.find(self._unread.popleft())
            if exchange is not None and exchange.contains(self._query.criteria.text):
                self._matches.append(exchange)
            await slices.pause()
        return self._matches
