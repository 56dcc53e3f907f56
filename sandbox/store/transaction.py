"""A block of changes of a store that are kept together or not at all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sandbox.store.tables import EntityTable

if TYPE_CHECKING:
    from sandbox.store.store import Store

Undo = tuple[EntityTable, str, Any]
"""A change to take back: its table, the id, and the entity before it."""


class Transaction(AbstractContextManager[None]):
    """A block whose changes are kept together or not at all."""

    __slots__ = ("_is_outermost", "_mark", "_store", "_undo")

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._undo, self._is_outermost = self._store.begin()
        self._mark = len(self._undo)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Cancelled requests too: a reset ends requests that still write, and their changes must go.
        self._store.end(self._undo, self._mark, is_outermost=self._is_outermost, is_good=kind is None)
