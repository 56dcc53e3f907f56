"""Sort the waiting changes into a world's indexes in slices, before a read would sort in all of them at once."""

from __future__ import annotations

from collections.abc import Container, Iterable

from sandbox.store import Store
from sandbox.worlds.slices import Slices

AT_ONCE = 50
"""Number of changes that are sorted into each index before the slice may end: about 2 ms."""


async def settle(store: Store, kinds: Iterable[type] | None = None, *, indexes: Container[str] | None = None) -> None:
    """Sort in the waiting changes of some kinds of entities, or of all kinds; on request only of some indexes."""
    slices = Slices()
    for kind in kinds if kinds is not None else store.kinds():
        while store.settle(kind, AT_ONCE, indexes):
            await slices.pause()
        await slices.pause()
