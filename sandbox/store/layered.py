"""A dict laid over another one that it never changes: what a world has changed of a state that others share."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, MutableMapping, ValuesView
from typing import Any, Generic, TypeVar, cast

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
FEW = 256
"""Entries up to which a copy is cheaper to make, and faster to read, than a layer."""
GONE: Any = object()
"""The value of a key that the base has and the layer has not."""
MISSING: Any = object()


def writable(entries: MutableMapping[K, V]) -> MutableMapping[K, V]:
    """Return the same entries to write to; the mapping itself stays as it is.

    Of a large mapping nothing is copied: what is written lies over it. A layer that has grown to a quarter of its base
    is copied together with it.
    """
    if not isinstance(entries, Layered):
        return dict(entries) if len(entries) <= FEW else Layered(cast("dict[K, V]", entries))
    return dict(entries.items()) if entries.changes * 4 > len(entries) else entries.copy()


class Layered(MutableMapping[K, V], Generic[K, V]):
    """Entries in the order of a dict: those of the base in their places, then what was added.

    A key that was removed and is added again stands at the end, as in a dict.
    """

    __slots__ = ("_base", "_length", "_moved", "_own")

    def __init__(self, base: dict[K, V]) -> None:
        self._base = base
        self._own: dict[K, V] = {}
        self._moved: set[K] = set()
        self._length = len(base)

    def copy(self) -> Layered[K, V]:
        """Return a layer over the same base; the cost is that of the changes."""
        layer = Layered(self._base)
        layer._own, layer._moved, layer._length = dict(self._own), set(self._moved), self._length
        return layer

    @property
    def changes(self) -> int:
        """Return the number of entries that differ from the base."""
        return len(self._own)

    def get(self, key: K, default: Any = None) -> Any:
        value = self._own.get(key, MISSING)
        if value is MISSING:
            return self._base.get(key, default)
        return default if value is GONE else value

    def __getitem__(self, key: K) -> V:
        value: V = self.get(key, MISSING)
        if value is MISSING:
            raise KeyError(key)
        return value

    def __contains__(self, key: object) -> bool:
        return self.get(cast("K", key), MISSING) is not MISSING

    def __setitem__(self, key: K, value: V) -> None:
        before = self._own.get(key, MISSING)
        # Removed and added again: its place is now at the end, no longer that in the base.
        if before is GONE:
            del self._own[key]
            self._moved.add(key)
        if before is GONE or (before is MISSING and key not in self._base):
            self._length += 1
        self._own[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._length -= 1
        self._own.pop(key, None)
        if key in self._base:
            self._moved.discard(key)
            self._own[key] = GONE

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[K]:
        return (key for key, _ in self._pairs())

    def values(self) -> ValuesView[V]:
        return _Values(self)

    def _pairs(self) -> Iterator[tuple[K, V]]:
        own, base, moved = self._own, self._base, self._moved
        for key, value in base.items():
            current = own.get(key, value)
            if current is not GONE and key not in moved:
                yield key, current
        for key, value in list(own.items()):  # whoever reads may replace what was read
            if value is not GONE and (key not in base or key in moved):
                yield key, value


class _Values(ValuesView[V]):
    """The values, without looking each up by its key."""

    _mapping: Layered[Any, V]

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping._pairs())
