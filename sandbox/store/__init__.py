"""The record store: the only room that imports TinyDB and SQLite."""

from __future__ import annotations

from sandbox.store.derived import Derived
from sandbox.store.store import Store
from sandbox.store.tables_by_kind import Snapshot

__all__ = ["Derived", "Snapshot", "Store"]
