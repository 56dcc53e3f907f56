"""Sort the waiting changes into a world's indexes in slices, before a read would sort in all of them at once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from functools import partial

from sandbox.model import Resource
from sandbox.store import Store
from sandbox.worlds.slices import LARGE, Slices, in_thread

AT_ONCE = 50
"""Number of changes that are sorted into each index before the slice may end: about 2 ms."""


async def settle(store: Store, kinds: Iterable[type] | None = None, *, indexes: Container[str] | None = None) -> None:
    """Sort in the waiting changes of some kinds of entities, or of all kinds; on request only of some indexes."""
    slices = Slices()
    for kind in kinds if kinds is not None else store.kinds():
        is_waiting = True
        while is_waiting:
            if kind is Resource:
                await read_ahead(store.first_waiting(Resource, AT_ONCE))
            is_waiting = store.settle(kind, AT_ONCE, indexes)
            await slices.pause()


async def read_ahead(resources: Sequence[Resource]) -> None:
    """Extract the search values of resources that are sorted in next, in a thread if they are large together."""
    unread = [resource for resource in resources if resource.unread]
    if sum(resource.unread for resource in unread) >= LARGE:
        await in_thread(partial(_read, unread))


def _read(resources: Iterable[Resource]) -> None:
    for resource in resources:
        len(resource.values)
