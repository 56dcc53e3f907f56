"""The record: the only room that knows TinyDB."""

from __future__ import annotations

from sandbox.store.store import Snapshot, Store

__all__ = ["Snapshot", "Store"]
