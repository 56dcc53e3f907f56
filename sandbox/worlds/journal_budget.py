"""The bounds of the journal, which hold for all worlds of a server together."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple, Protocol

from sortedcontainers import SortedList

from sandbox.settings import Settings


class Ring(Protocol):
    """The journal of one world: how many exchanges it holds, and how many bytes they take."""

    @property
    def size(self) -> int: ...
    def __len__(self) -> int: ...
    def drop_oldest(self) -> None: ...


class Entry(NamedTuple):
    """What a ring was last measured at; `number` tells rings of the same size apart."""

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
        self._entries: dict[Ring, Entry] = {}
        self._by_size: SortedList[Entry] = SortedList()

    def settle(self, ring: Ring) -> None:
        """Take account of a changed ring, and have the largest rings drop exchanges until the bounds hold.

        The exchange that a ring has just taken in is never dropped, however large it is.
        """
        self._measure(ring)
        while self.exchanges > self._most_exchanges or self.size > self._most_bytes:
            largest = next((entry.ring for entry in reversed(self._by_size) if _may_drop(entry, ring)), None)
            if largest is None:
                return
            largest.drop_oldest()
            self._measure(largest)

    def _measure(self, ring: Ring) -> None:
        before = self._entries.pop(ring, None)
        if before is not None:
            self._by_size.remove(before)
            self.exchanges -= before.exchanges
            self.size -= before.size
        if len(ring):
            after = self._entries[ring] = Entry(ring.size, next(self._numbers), len(ring), ring)
            self._by_size.add(after)
            self.exchanges += after.exchanges
            self.size += after.size


def _may_drop(entry: Entry, newest: Ring) -> bool:
    """Say whether a ring has an exchange besides the newest exchange of the server."""
    return entry.ring is not newest or entry.exchanges > 1
