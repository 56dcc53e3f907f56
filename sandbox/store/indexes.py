"""Indexes: from a key to the ids that carry it, in the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

Keys = Callable[[Any], Iterable[Hashable]]


class Index:
    """One index of a table. `keys` names the keys of an entity; most have one, identifiers and teams have several."""

    def __init__(self, name: str, keys: Keys) -> None:
        self.name = name
        self._keys = keys
        self._entries: dict[Hashable, dict[str, None]] = {}
        self._owned: set[Hashable] | None = None

    def find(self, key: Hashable) -> tuple[str, ...]:
        return tuple(self._entries.get(key, ()))

    def replace(self, id_: str, before: Any, after: Any) -> None:
        old = frozenset() if before is None else frozenset(self._keys(before))
        new = () if after is None else tuple(self._keys(after))
        for key in old.difference(new) if old else ():
            bucket = self._bucket(key)
            bucket.pop(id_, None)
            if not bucket:
                del self._entries[key]
        for key in new:
            if key not in old:
                self._bucket(key)[id_] = None

    def _bucket(self, key: Hashable) -> dict[str, None]:
        """The ids of a key, as a dict of our own: what a snapshot holds is copied before it is changed."""
        if self._owned is None:
            return self._entries.setdefault(key, {})
        if key not in self._owned:
            self._entries[key] = dict(self._entries.get(key, ()))
            self._owned.add(key)
        return self._entries.setdefault(key, {})

    def share(self) -> dict[Hashable, dict[str, None]]:
        return self._entries

    def unshare(self) -> None:
        self._entries = dict(self._entries)
        self._owned = set()

    def adopt(self, entries: dict[Hashable, dict[str, None]]) -> None:
        self._entries = entries
