"""The limits of the journal, for all worlds of a server together."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple, Protocol

from sortedcontainers import SortedList

from sandbox.settings import Settings


class Ring(Protocol):
    """The journal of one world: its number of exchanges, and their bytes."""

    @property
    def size(self) -> int: ...
    def __len__(self) -> int: ...
    def drop_oldest(self) -> None: ...


class BudgetEntry(NamedTuple):
    """The last count of a ring; `number` tells rings of the same size apart."""

    size: int
    number: int
    exchanges: int
    ring: Ring


class JournalBudget:
    """The number and bytes of the exchanges of all worlds together. The world with the most bytes drops first.

    The cost of an exchange grows with the logarithm of the number of worlds.
    """

    def __init__(self, exchanges: int = Settings.journal_exchanges, size: int = Settings.journal_bytes) -> None:
        self._most_exchanges = exchanges
        self._most_bytes = size
        self.exchanges = self.size = 0
        self._numbers = count()
        self._entries: dict[Ring, BudgetEntry] = {}
        self._by_size: SortedList[BudgetEntry] = SortedList()
        self._unsorted: set[Ring] = set()
        """The rings that have changed since they were last sorted: as long as nothing drops, none needs to be."""

    def settle(self, ring: Ring) -> None:
        """Take account of a changed ring, and have the largest rings drop exchanges until the bounds hold.

        The exchange that a ring has just taken in is never dropped, however large it is.
        """
        self._count(ring)
        while self.exchanges > self._most_exchanges or self.size > self._most_bytes:
            largest = self._largest(ring)
            if largest is None:
                return
            largest.drop_oldest()
            self._count(largest)

    def _count(self, ring: Ring) -> None:
        before = self._entries.pop(ring, None)
        if before is not None:
            self.exchanges -= before.exchanges
            self.size -= before.size
            if ring not in self._unsorted:
                self._by_size.discard(before)
        if len(ring):
            after = self._entries[ring] = BudgetEntry(ring.size, next(self._numbers), len(ring), ring)
            self._unsorted.add(ring)
            self.exchanges += after.exchanges
            self.size += after.size
        else:
            self._unsorted.discard(ring)

    def _largest(self, newest: Ring) -> Ring | None:
        """The ring with the most bytes that may drop an exchange."""
        # The usual case, a single world: nothing to sort.
        if len(self._entries) == 1:
            (entry,) = self._entries.values()
            return entry.ring if _may_drop(entry, newest) else None
        self._by_size.update(self._entries[ring] for ring in self._unsorted)
        self._unsorted.clear()
        return next((entry.ring for entry in reversed(self._by_size) if _may_drop(entry, newest)), None)


def _may_drop(entry: BudgetEntry, newest: Ring) -> bool:
    """Say whether a ring has an exchange besides the newest exchange of the server."""
    return entry.ring is not newest or entry.exchanges > 1
