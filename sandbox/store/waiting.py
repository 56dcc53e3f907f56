"""Changes of entities that wait until an index is read, in parts: a read sorts in only the part that it needs.

A table of resources has a part for each endpoint and type. A shared state may contain waiting changes: sorting them in
does not change its content, so its first reader does that for all others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar, cast

from sandbox.store.layered import FEW, base_of, is_paged, writable

V = TypeVar("V")
SHARED_KEYS = 50
"""Estimated number of keys of an entity whose keys are not known yet."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The part of an entity, and that of a key of its indexes."""

    of_entity: Callable[[Any], Hashable]
    of_key: Callable[[Any], Hashable]


WHOLE = Partition(lambda entity: None, lambda key: None)
"""An index of one part."""


ANY = object()
"""Any part of an index."""


class WaitingIndex(Generic[V]):
    """An index whose changes wait: the entity before and after, or a new entity alone.

    `_owned` are the keys whose values no snapshot shares; None for all.
    """

    def __init__(self, name: str, partition: Partition) -> None:
        self.name = name
        self.partition = partition
        self._is_whole = partition is WHOLE
        self._entries: MutableMapping[Hashable, V] = {}
        self._owned: set[Hashable] | None = None
        self._later: dict[Hashable, dict[str, Any]] = {}

    def replace(self, id_: str, before: Any, after: Any) -> None:
        """Record a change of an entity; a second one replaces the first, or the first is sorted in before."""
        part = None if self._is_whole else self.partition.of_entity(before if after is None else after)
        later = self._later.get(part)
        if later is None:
            later = self._later[part] = {}
        if id_ in later:
            first, between = _pair(later[id_])
            if self._are_one(first, between, after):
                before = first
            else:
                self._sort_in(part, None)
                later = self._later.setdefault(part, {})
        # A new entity waits without a pair: thousands wait in every index.
        later[id_] = after if before is None and after is not None else (before, after)

    def sort_in(self, part: Hashable, most: int | None = None) -> bool:
        """Sort in the waiting changes of a part, or the first of them; return whether more are waiting."""
        shared = base_of(self._entries)
        if isinstance(shared, SharedEntries) and shared.index.sort_in(part, most):
            return True
        return self._sort_in(part, most)

    def first_waiting(self, part: Hashable, most: int) -> list[Any]:
        """Return the entities of the changes that are sorted in next: those of a part, or with `ANY` of whatever part
        is next.
        """
        shared = base_of(self._entries)
        below = shared.index.first_waiting(part, most) if isinstance(shared, SharedEntries) else []
        if below or not self._later:
            return below
        later = self._later.get(next(iter(self._later)) if part is ANY else part, {})
        pairs = map(_pair, islice(later.values(), most))
        return [entity for pair in pairs for entity in pair if entity is not None]

    def settle(self, most: int) -> bool:
        """Sort in the first of the waiting changes of any part; return whether more are waiting."""
        shared = base_of(self._entries)
        if isinstance(shared, SharedEntries) and shared.index.settle(most):
            return True
        if self._later:
            self._sort_in(next(iter(self._later)), most)
        return bool(self._later)

    def _sort_in(self, part: Hashable, most: int | None) -> bool:
        later = self._later.get(part)
        if later and len(later) == 1 and most is None:
            # The usual case of an index that each message reads: only its last change waits.
            del self._later[part]
            ((id_, change),) = later.items()
            self._change(id_, *_pair(change))
            return False
        while later and most != 0:
            id_ = next(iter(later))
            self._change(id_, *_pair(later.pop(id_)))
            most = None if most is None else most - 1
        if not later:
            self._later.pop(part, None)
        return bool(later)

    def complete(self) -> MutableMapping[Hashable, V]:
        """Sort in everything and return the entries."""
        shared = base_of(self._entries)
        if isinstance(shared, SharedEntries):
            shared.index.complete()
        for part in list(self._later):
            self._sort_in(part, None)
        return self._entries

    @property
    def waiting(self) -> int:
        """Return the number of changes that wait."""
        return sum(map(len, self._later.values()))

    def share(self) -> MutableMapping[Hashable, V]:
        """Return the entries by reference; the next write lays its own over them. Many changes go on waiting."""
        if self.waiting <= FEW or is_paged(base_of(self._entries)):
            return self.complete()
        # Not sorted in for the snapshot's sake: a workspace that never reads this index must not pay for it.
        self._entries = cast("MutableMapping[Hashable, V]", SharedEntries(self._moved()))
        return self._entries

    def unshare(self) -> None:
        self._entries = writable(self._entries)
        self._owned = set()

    def adopt(self, entries: MutableMapping[Hashable, V]) -> None:
        self._entries = entries
        self._later = {}

    def _moved(self) -> WaitingIndex[V]:
        """Return an index with the state of this one, which then begins with nothing."""
        other = self._like()
        other._entries, other._owned, other._later = self._entries, self._owned, self._later
        self._later = {}
        return other

    @abstractmethod
    def held(self, key: Hashable) -> V | None:
        """Return the value of a key whose part is sorted in; None if there is none."""

    @abstractmethod
    def _like(self) -> WaitingIndex[V]:
        """Return an empty index of the same kind."""

    @abstractmethod
    def _are_one(self, first: Any, between: Any, last: Any) -> bool:
        """Return whether two changes of an entity have the same effect as one from the first value to the last."""

    @abstractmethod
    def _change(self, id_: str, before: Any, after: Any) -> None:
        """Sort in the change of one entity."""


def _pair(change: Any) -> tuple[Any, Any]:
    """Return an entity before and after a waiting change."""
    return change if isinstance(change, tuple) else (None, change)


class SharedEntries(Mapping[Hashable, V]):
    """The entries of a shared index with waiting changes: a part is sorted in when one of its keys is read."""

    def __init__(self, index: WaitingIndex[V]) -> None:
        self.index = index

    def get(self, key: Hashable, default: Any = None) -> Any:
        self.index.sort_in(self.index.partition.of_key(key))
        held = self.index.held(key)
        return default if held is None else held

    def __getitem__(self, key: Hashable) -> V:
        held: V | None = self.get(key)
        if held is None:
            raise KeyError(key)
        return held

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.index.complete())

    def __len__(self) -> int:
        """Return an estimate, too large while changes wait: to count the keys would sort in everything."""
        # The length only decides whether to copy or to lay over; an exact one would cost what waiting saves.
        return len(self.index._entries) + SHARED_KEYS * self.index.waiting
