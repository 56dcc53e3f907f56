"""The journal of one world: a ring of exchanges with a count of dropped ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from sandbox.worlds.exchange import Exchange
from sandbox.worlds.journal_budget import JournalBudget
from sandbox.worlds.journal_size import fit_to_limits
from sandbox.worlds.listeners import Listeners
from sandbox.worlds.repeats import Repeats


class Exchanges:
    """The exchanges of a world, oldest first. `budget` limits those of all worlds; `dropped` counts dropped ones.

    `size` is their memory in bytes. `kept` are the listeners that are called with each new exchange, `gone` those that
    are called with each dropped one, and with None when all are removed.
    """

    def __init__(self, budget: JournalBudget | None = None) -> None:
        self._budget = budget or JournalBudget()
        self._by_id: OrderedDict[str, Exchange] = OrderedDict()
        self._repeats = Repeats()
        self.size = 0
        self.dropped = 0
        self.kept: Listeners[Exchange] = Listeners()
        self.gone: Listeners[Exchange | None] = Listeners()

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange, note which earlier exchange it repeats, and drop exchanges over the bounds."""
        exchange.repeats = self._repeats.note(exchange)
        if not exchange.size:  # a repeated answer has a size already
            fit_to_limits(exchange)
        self._take_in(exchange)
        self.kept.call(exchange)

    def adopt(self, exchanges: Iterable[Exchange], dropped: int) -> None:
        """Take in the journal of an earlier process, as it was."""
        self.dropped = dropped
        for exchange in exchanges:
            repeats = exchange.repeats
            self._repeats.note(exchange)
            # As the file has it: without the digests of bodies, `note` finds fewer repetitions.
            exchange.repeats = repeats
            fit_to_limits(exchange)
            self._take_in(exchange)

    def _take_in(self, exchange: Exchange) -> None:
        self._by_id[exchange.id] = exchange
        self.size += exchange.size
        self._budget.settle(self)

    def drop_oldest(self) -> None:
        _, exchange = self._by_id.popitem(last=False)
        self.size -= exchange.size
        self.dropped += 1
        self._repeats.forget(exchange)
        self.gone.call(exchange)

    def find(self, id_: str) -> Exchange | None:
        return self._by_id.get(id_)

    def clear(self) -> None:
        """Empty the ring, and count dropped exchanges from 0 again."""
        self._by_id.clear()
        self._repeats.clear()
        self.size = self.dropped = 0
        self._budget.settle(self)
        self.gone.call(None)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._by_id.values())

    def __reversed__(self) -> Iterator[Exchange]:
        return reversed(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)
