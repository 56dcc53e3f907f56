"""Indexes: from a key to the ids of its entities, in insertion order; and ids ordered by a value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, MutableMapping
from typing import Any, cast

from sandbox.store.layered import writable
from sandbox.store.orderings import EMPTY, Ordering, Pair, Range
from sandbox.store.waiting import WHOLE, Partition, WaitingIndex

Keys = Callable[[Any], Iterable[Hashable]]
Bucket = MutableMapping[str, None]
FEW_IDS = 1_000
"""Ids of a key up to which nothing is done about the places of removed ones."""
MOST_GAPS = 16
"""The part of a bucket, one in so many, that may be places of removed ids."""


class Index(WaitingIndex["str | Bucket"]):
    """One index of a table. `keys` returns the keys of an entity: usually one, but several for identifiers and teams.

    A key with a single id stores that id directly, because a dict for each identifier would take too much memory.
    Changes are sorted in on the next read: most indexes are not read for thousands of messages.
    """

    def __init__(self, name: str, keys: Keys, partition: Partition = WHOLE) -> None:
        super().__init__(name, partition)
        self._keys = keys
        self._gaps: dict[Hashable, int] = {}
        """Key with many ids → the number of ids that were removed since its bucket was made."""

    def find(self, key: Hashable) -> tuple[str, ...]:
        return tuple(self.ids(key))

    def ids(self, key: Hashable) -> Collection[str]:
        """Return the ids of a key without copying them: valid until the next write."""
        if self._later:
            self._sort_in(self.partition.of_key(key), None)
        held = self._entries.get(key, ())
        return (held,) if isinstance(held, str) else held

    def latest(self, key: Hashable) -> Iterator[str]:
        """Return the ids of a key, newest first: valid until the next write."""
        # A tuple of one id, a dict and a layer over a file can all be reversed, but share no type that says so.
        return reversed(cast("dict[str, None]", self.ids(key)))

    def held(self, key: Hashable) -> str | Bucket | None:
        return self._entries.get(key)

    def _like(self) -> Index:
        return Index(self.name, self._keys, self.partition)

    def _are_one(self, first: Any, between: Any, last: Any) -> bool:
        # A key that an entity gains later stands behind those of entities that were stored before that.
        if last is None or between is None:
            return first is None and last is None
        return frozenset(self._keys(between)) == frozenset(self._keys(last))

    def _change(self, id_: str, before: Any, after: Any) -> None:
        if before is None:
            for key in () if after is None else self._keys(after):
                self._add(key, id_)
            return
        old = frozenset(self._keys(before))
        new = () if after is None else tuple(self._keys(after))
        for key in old.difference(new):
            self._remove(key, id_)
        for key in new:
            if key not in old:
                self._add(key, id_)

    def _add(self, key: Hashable, id_: str) -> None:
        # The id itself as default: an absent key and a key with this id alone are the same case.
        held = self._entries.get(key, id_)
        if held == id_:
            self._entries[key] = id_
        elif isinstance(held, str):
            self._entries[key] = {held: None, id_: None}
            if self._owned is not None:
                self._owned.add(key)
        else:
            self._bucket(key, held)[id_] = None

    def _remove(self, key: Hashable, id_: str) -> None:
        held = self._entries[key]
        if isinstance(held, str) or len(held) == 1:
            del self._entries[key]
            return
        bucket = self._bucket(key, held)
        del bucket[id_]
        if len(bucket) > FEW_IDS and isinstance(bucket, dict):
            self._close_gaps(key, bucket)

    def _close_gaps(self, key: Hashable, bucket: Bucket) -> None:
        """Copy a large bucket after every few hundred removals."""
        # A dict finds its first id by passing over the places of those that were removed before it: in a bucket that
        # loses its oldest id for each new one, as in the outbox, that would be thousands each time.
        gaps = self._gaps.get(key, 0) + 1
        if gaps > len(bucket) // MOST_GAPS:
            self._entries[key], gaps = dict.fromkeys(bucket), 0
        self._gaps[key] = gaps

    def _bucket(self, key: Hashable, held: Bucket) -> Bucket:
        """Return the ids of a key as a dict that this index owns: a dict shared with a snapshot is copied first."""
        if self._owned is not None and key not in self._owned:
            self._owned.add(key)
            # Ids on disk are not copied: what is written lies over them.
            held = self._entries[key] = dict(held) if isinstance(held, dict) else writable(held)
        return held


Places = Callable[[Any], Iterable[tuple[Hashable, Any]]]


class OrderedIndex(WaitingIndex[Any]):
    """Several orderings of a table's ids. `places` returns the orderings of an entity and its sort key in each.

    Additions to an ordering wait until it is read, to be sorted at once.
    """

    def __init__(self, name: str, places: Places, partition: Partition = WHOLE) -> None:
        super().__init__(name, partition)
        self._places = places
        self._added: dict[Hashable, list[Pair]] = {}

    def between(self, order: Hashable, low: Any, high: Any) -> Range:
        """Return the ids between two sort keys, both included; None means no limit. An id may occur more than once."""
        entries = self._read(order)
        return EMPTY if entries is None else cast("Range", entries.between(low, high))

    def lowest(self, order: Hashable) -> Any:
        """Return the first sort key of an ordering; None if it is empty."""
        entries = self._read(order)
        return None if entries is None else entries.lowest()

    def held(self, key: Hashable) -> Any:
        added = self._added.pop(key, None)
        if added:
            self._order(key).update(added)
        return self._entries.get(key)

    def settle(self, most: int) -> bool:
        if super().settle(most):
            return True
        if self._added:
            self.held(next(iter(self._added)))
        return bool(self._added)

    def complete(self) -> MutableMapping[Hashable, Any]:
        entries = super().complete()
        for order in list(self._added):
            self.held(order)
        return entries

    def adopt(self, entries: MutableMapping[Hashable, Any]) -> None:
        super().adopt(entries)
        self._added = {}

    def _read(self, order: Hashable) -> Any:
        if self._later:
            self._sort_in(self.partition.of_key(order), None)
        return self.held(order) if self._added else self._entries.get(order)

    def _moved(self) -> OrderedIndex:
        other = cast("OrderedIndex", super()._moved())
        other._added, self._added = self._added, {}
        return other

    def _like(self) -> OrderedIndex:
        return OrderedIndex(self.name, self._places, self.partition)

    def _are_one(self, first: Any, between: Any, last: Any) -> bool:
        # Sort keys decide the order, not the time of storing: the values in between leave no trace.
        return True

    def _change(self, id_: str, before: Any, after: Any) -> None:
        old = set() if before is None else set(self._places(before))
        new = set() if after is None else set(self._places(after))
        # `held` sorts in the waiting additions first: the pair to be removed may be among them.
        for order, place in old - new:
            self.held(order)
            entries = self._order(order)
            entries.discard((place, id_))
            if not entries:
                del self._entries[order]
        for order, place in new - old:
            self._added.setdefault(order, []).append((place, id_))

    def _order(self, order: Hashable) -> Any:
        """Return an ordering as a list that this index owns: a list shared with a snapshot is copied first."""
        if order not in self._entries:
            self._entries[order] = Ordering()
        elif self._owned is not None and order not in self._owned:
            self._entries[order] = self._entries[order].copy()
        if self._owned is not None:
            self._owned.add(order)
        return self._entries[order]
