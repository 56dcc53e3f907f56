"""Results of searches that are read page by page: kept as they were when they were found, for ten minutes.

A token of a result is good for the caller who searched, in the world that was searched, until that world is reset. The
oldest results make room for new ones, as in HAPI's `FifoMemoryPagingProvider`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.fhir.rendered.query.matches import Matches
from sandbox.store import Store

MOST_RESULTS, MOST_ROWS = 1_000, 250_000
"""How many results, and matches in them, are kept for one world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a search found, with what its pages need. `operation` and `action` are those of the search."""

    matches: Matches[Any]
    owner: Hashable
    operation: str
    action: str
    standing: str
    includes: tuple[str, ...]
    count: int
    expires_at: datetime


class Results:
    """The results of one world, the oldest first."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._rows = 0

    def __len__(self) -> int:
        return len(self._results)

    def keep(self, token: str, result: Result, now: datetime) -> None:
        """Keeps a result; what has expired before the others, and the oldest beyond the bounds, is forgotten."""
        while self._results and next(iter(self._results.values())).expires_at <= now:
            self._forget(next(iter(self._results)))
        if token in self._results:
            self._forget(token)
        self._results[token] = result
        self._rows += len(result.matches.rows)
        while len(self._results) > MOST_RESULTS or (self._rows > MOST_ROWS and len(self._results) > 1):
            self._forget(next(iter(self._results)))

    def of(self, token: str, now: datetime) -> Result | None:
        """The result of a token that has not expired."""
        result = self._results.get(token)
        return result if result is not None and result.expires_at > now else None

    def _forget(self, token: str) -> None:
        self._rows -= len(self._results.pop(token).matches.rows)


_by_store: WeakKeyDictionary[Store, tuple[int, Results]] = WeakKeyDictionary()


def results_of(store: Store) -> Results:
    """The results of searches in a world since it was last reset or restored."""
    restored, results = _by_store.get(store, (-1, None))
    if results is None or restored != store.restored:
        results = Results()
        _by_store[store] = (store.restored, results)
    return results
