"""Ids in the order of a sort key; ids with the same key in their own order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from heapq import merge
from typing import Any

from sortedcontainers import SortedList

Pair = tuple[Any, str]
"""A sort key and an id."""

# The highest code point sorts after every id that has the same sort key.
_AFTER_EVERY_ID = chr(0x10FFFF)


class Range(Collection[str]):
    """The ids of a part of an ordering, valid until the next write."""

    @abstractmethod
    def pairs(self, *, reverse: bool = False) -> Iterator[Pair]:
        """Return the ids with their sort keys, in order."""

    def __iter__(self) -> Iterator[str]:
        return (id_ for _, id_ in self.pairs())

    def __reversed__(self) -> Iterator[str]:
        return (id_ for _, id_ in self.pairs(reverse=True))

    def __contains__(self, id_: object) -> bool:
        return any(entry == id_ for entry in self)


class Ordering(SortedList):  # type: ignore[misc]  # sortedcontainers has no types
    """Pairs of a sort key and an id, sorted."""

    def between(self, low: Any, high: Any) -> Range:
        """Return the ids between two sort keys, both included; None means no limit."""
        # A tuple of one element sorts before every pair that begins with it.
        start = 0 if low is None else self.bisect_left((low,))
        stop = len(self) if high is None else self.bisect_right((high, _AFTER_EVERY_ID))
        return _Stretch(self, start, stop)

    def lowest(self) -> Any:
        """Return the first sort key; None without one."""
        return self[0][0] if self else None


class _Stretch(Range):
    """From one position in an ordering to another: counted without being read."""

    def __init__(self, entries: Ordering, start: int, stop: int) -> None:
        self._entries, self._start, self._stop = entries, start, max(start, stop)

    def __len__(self) -> int:
        return self._stop - self._start

    def pairs(self, *, reverse: bool = False) -> Iterator[Pair]:
        if not len(self):
            return iter(())
        pairs: Iterator[Pair] = self._entries.islice(self._start, self._stop, reverse=reverse)
        return pairs


EMPTY = Ordering().between(None, None)


class LayeredOrdering:
    """An ordering laid over another one that it never changes, with the pairs added to and removed from that."""

    def __init__(self, base: Any) -> None:
        self.base = base
        self.added = Ordering()
        self.removed: set[Pair] = set()

    def copy(self) -> LayeredOrdering:
        """Return a layer over the same base; the cost is that of the changes."""
        layer = LayeredOrdering(self.base)
        layer.added, layer.removed = self.added.copy(), set(self.removed)
        return layer

    def __bool__(self) -> bool:
        return bool(self.added) or next(self.between(None, None).pairs(), None) is not None

    def __contains__(self, pair: Pair) -> bool:
        return pair in self.added or (pair not in self.removed and pair in self.base)

    def add(self, pair: Pair) -> None:
        if pair in self.removed:
            self.removed.discard(pair)
        elif pair not in self.base:
            self.added.add(pair)

    def update(self, pairs: Iterable[Pair]) -> None:
        for pair in pairs:
            self.add(pair)

    def discard(self, pair: Pair) -> None:
        if pair in self.added:
            self.added.remove(pair)
        elif pair in self.base:
            self.removed.add(pair)

    def between(self, low: Any, high: Any) -> Range:
        return _LayeredRange(self, low, high)

    def lowest(self) -> Any:
        first = next(self.between(None, None).pairs(), None)
        return None if first is None else first[0]


class _LayeredRange(Range):
    """A part of a layered ordering."""

    def __init__(self, layer: LayeredOrdering, low: Any, high: Any) -> None:
        self._removed = layer.removed
        self._limits = low, high
        self._parts: tuple[Range, Range] = layer.base.between(low, high), layer.added.between(low, high)

    def __len__(self) -> int:
        low, high = self._limits
        # Counted, not read: the ids of both parts may be on disk, while the removed ones are few and in memory.
        gone = sum((low is None or key >= low) and (high is None or key <= high) for key, _ in self._removed)
        return int(sum(map(len, self._parts)) - gone)

    def pairs(self, *, reverse: bool = False) -> Iterator[Pair]:
        kept, added = (part.pairs(reverse=reverse) for part in self._parts)
        return merge((pair for pair in kept if pair not in self._removed), added, reverse=reverse)
