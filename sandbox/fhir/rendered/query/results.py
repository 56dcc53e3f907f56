"""Results of searches that are read page by page: kept unchanged for ten minutes.

The token of a result is valid for the caller who searched, in the world that was searched, until that world is reset.
New results replace the oldest, as in HAPI's `FifoMemoryPagingProvider`.
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
"""Maximum number of results, and of matches in them, for one world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a search, with the data for its pages. `operation` and `action` are those of the search."""

    matches: Matches[Any]
    owner: Hashable
    operation: str
    action: str
    standing: str
    includes: tuple[str, ...]
    count: int
    expires_at: datetime


class Results:
    """The results of one world, oldest first."""

    def __init__(self) -> None:
        self._results: dict[str, Result] = {}
        self._rows = 0

    def __len__(self) -> int:
        return len(self._results)

    def keep(self, token: str, result: Result, now: datetime) -> None:
        """Keep a result; drop expired ones first, then the oldest beyond the limits."""
        while self._results and next(iter(self._results.values())).expires_at <= now:
            self._forget(next(iter(self._results)))
        if token in self._results:
            self._forget(token)
        self._results[token] = result
        self._rows += len(result.matches.rows)
        # The newest result stays, however long it is: its own links refer to it.
        while len(self._results) > MOST_RESULTS or (self._rows > MOST_ROWS and len(self._results) > 1):
            self._forget(next(iter(self._results)))

    def of(self, token: str, now: datetime) -> Result | None:
        """Return the result of a token, unless it has expired."""
        result = self._results.get(token)
        return result if result is not None and result.expires_at > now else None

    def _forget(self, token: str) -> None:
        self._rows -= len(self._results.pop(token).matches.rows)


_by_store: WeakKeyDictionary[Store, tuple[int, Results]] = WeakKeyDictionary()


def results_of(store: Store) -> Results:
    """Return the results of searches in a world since it was last reset or restored."""
    restored, results = _by_store.get(store, (-1, None))
    if results is None or restored != store.restored:
        results = Results()
        _by_store[store] = (store.restored, results)
    return results
