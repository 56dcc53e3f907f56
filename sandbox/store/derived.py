"""Results that depend on some tables of a store, remembered until one of these tables changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from sandbox.store.store import Store

T = TypeVar("T")
MOST = 1_000
"""Maximum number of results remembered for one store; beyond it all are forgotten."""


class Derived(Generic[T]):
    """Results by their keys. `kinds` are the entities on which they also depend; without any, they depend on all."""

    def __init__(self, *kinds: type) -> None:
        self._kinds = kinds

    def of(self, store: Store, key: Hashable, work_out: Callable[[], T]) -> T:
        """Return the result of a key. What `work_out` raises is not remembered."""
        marks = [store.mark_of(kind) for kind in self._kinds] if self._kinds else [store.mark]
        remembered: tuple[list[object], dict[Hashable, T]] | None = store.derived.get(self)
        # All are forgotten at once: keeping track of the oldest would cost each look-up more than a rare new result.
        if remembered is None or remembered[0] != marks or len(remembered[1]) >= MOST:
            remembered = store.derived[self] = (marks, {})
        results = remembered[1]
        if key not in results:
            results[key] = work_out()
        return results[key]
