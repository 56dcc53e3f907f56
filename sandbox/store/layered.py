"""A dict laid over another mapping that it never changes: a world's changes of a state that others share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, MutableMapping, ValuesView
from itertools import compress
from operator import is_not
from typing import Any, Generic, Protocol, TypeVar, cast

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
FEW = 256
"""Entries up to which a copy is cheaper to make, and faster to read, than a layer."""
GONE: Any = object()
"""The value of a key that the base has and the layer has not."""
MISSING: Any = object()


class Paged(Protocol):
    """A mapping whose entries are on disk: it is never copied into memory."""

    def places(self, keys: Iterable[Any]) -> dict[Any, int]:
        """Return the place of each key that it has, in its order."""


def writable(entries: Mapping[K, V]) -> MutableMapping[K, V]:
    """Return the same entries to write to; the mapping itself stays as it is.

    Of a large mapping nothing is copied: what is written lies over it. A layer that has grown to a quarter of its base
    is copied together with it, unless the base is on disk.
    """
    if isinstance(entries, Layered):
        is_small = not entries.is_paged and entries.changes * 4 > len(entries)
        return dict(entries.items()) if is_small else entries.copy()
    return dict(entries) if isinstance(entries, dict) and len(entries) <= FEW else Layered(entries)


def differing(before: Mapping[K, Any], after: Mapping[K, Any]) -> Iterator[K]:
    """Return the keys whose values are not the same objects: those of `before`, in its order, then new ones."""
    base = base_of(before)
    if is_paged(base) and base is base_of(after):
        yield from _differing_layers(before, after, base)
        return
    # A list, so that a reader may pause while either state changes.
    yield from list(compress(before, map(is_not, before.values(), map(after.get, before))))
    yield from (key for key in after if key not in before)


def _differing_layers(before: Mapping[K, Any], after: Mapping[K, Any], base: Any) -> Iterator[K]:
    """The same for two layers over one base on disk: only the entries that they changed are read."""
    changed = {key for layer in (before, after) if isinstance(layer, Layered) for key in layer.own}
    changed = {key for key in changed if before.get(key) is not after.get(key)}
    places = base.places(changed)
    yield from sorted(places, key=places.__getitem__)
    for layer in (before, after):
        yield from (key for key in getattr(layer, "own", ()) if key in changed and key not in places)
        changed -= getattr(layer, "own", {}).keys()


def base_of(entries: Mapping[K, V]) -> Mapping[K, V]:
    return entries.base if isinstance(entries, Layered) else entries


def is_paged(entries: object) -> bool:
    return hasattr(entries, "places")


class Layered(MutableMapping[K, V], Generic[K, V]):
    """Entries in the order of a dict: those of the base in their places, then what was added.

    A key that was removed and is added again stands at the end, as in a dict. `own` has what differs from the base,
    `GONE` for what was removed; `moved` the keys of the base that now stand at the end.
    """

    __slots__ = ("_length", "base", "moved", "own")

    def __init__(self, base: Mapping[K, V]) -> None:
        self.base = base
        self.own: dict[K, V] = {}
        self.moved: set[K] = set()
        self._length = len(base)

    def copy(self) -> Layered[K, V]:
        """Return a layer over the same base; the cost is that of the changes."""
        layer = Layered(self.base)
        layer.own, layer.moved, layer._length = dict(self.own), set(self.moved), self._length
        return layer

    @property
    def is_paged(self) -> bool:
        return is_paged(self.base)

    @property
    def changes(self) -> int:
        """Return the number of entries that differ from the base."""
        return len(self.own)

    def get(self, key: K, default: Any = None) -> Any:
        value = self.own.get(key, MISSING)
        if value is MISSING:
            return self.base.get(key, default)
        return default if value is GONE else value

    def __getitem__(self, key: K) -> V:
        value: V = self.get(key, MISSING)
        if value is MISSING:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return self.get(cast("K", key), MISSING) is not MISSING

    def __setitem__(self, key: K, value: V) -> None:
        before = self.own.get(key, MISSING)
        # Removed and added again: its place is now at the end, no longer that in the base.
        if before is GONE:
            del self.own[key]
            self.moved.add(key)
        if before is GONE or (before is MISSING and key not in self.base):
            self._length += 1
        self.own[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._length -= 1
        # Popped before it is marked: a key that is added again later must stand at the end of `own`.
        self.own.pop(key, None)
        if key in self.base:
            self.moved.discard(key)
            self.own[key] = GONE

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self._pairs())

    def __reversed__(self) -> Iterator[K]:
        own, base, moved = self.own, self.base, self.moved
        for key, value in reversed(own.items()):
            if value is not GONE and (key not in base or key in moved):
                yield key
        for key in reversed(cast("dict[K, V]", base)):
            if own.get(key) is not GONE and key not in moved:
                yield key

    def values(self) -> ValuesView[V]:
        return _Values(self)

    def _pairs(self) -> Iterator[tuple[K, V]]:
        own, base, moved = self.own, self.base, self.moved
        for key, value in base.items():
            current = own.get(key, value)
            if current is not GONE and key not in moved:
                yield key, current
        for key, value in list(own.items()):  # a reader may replace values while it iterates
            if value is not GONE and (key not in base or key in moved):
                yield key, value


class _Values(ValuesView[V]):
    """The values, without looking each up by its key."""

    _mapping: Layered[Any, V]

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping._pairs())
