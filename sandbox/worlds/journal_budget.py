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
    """A ring in the order of sizes; `number` tells rings of the same size apart."""

    size: int
    number: int
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
        self._counts: dict[Ring, tuple[int, int]] = {}
        """The bytes and the exchanges of each ring when it was last counted."""
        self._by_size: SortedList[BudgetEntry] = SortedList()
        self._sorted: dict[Ring, BudgetEntry] = {}
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
        size, exchanges = self._counts.get(ring, (0, 0))
        count = ring.size, len(ring)
        self.size += count[0] - size
        self.exchanges += count[1] - exchanges
        if ring in self._sorted:
            self._by_size.discard(self._sorted.pop(ring))
        if count[1]:
            self._counts[ring] = count
            self._unsorted.add(ring)
        else:
            self._counts.pop(ring, None)
            self._unsorted.discard(ring)

    def _largest(self, newest: Ring) -> Ring | None:
        """The ring with the most bytes that may drop an exchange."""
        # The usual case, a single world: nothing to sort.
        if len(self._counts) == 1:
            (ring,) = self._counts
            return ring if self._may_drop(ring, newest) else None
        entries = {ring: BudgetEntry(self._counts[ring][0], next(self._numbers), ring) for ring in self._unsorted}
        self._sorted |= entries
        self._by_size.update(entries.values())
        self._unsorted.clear()
        return next((entry.ring for entry in reversed(self._by_size) if self._may_drop(entry.ring, newest)), None)

    def _may_drop(self, ring: Ring, newest: Ring) -> bool:
        """Say whether a ring has an exchange besides the newest exchange of the server."""
        return ring is not newest or self._counts[ring][1] > 1
