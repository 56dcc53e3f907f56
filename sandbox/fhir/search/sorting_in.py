"""Sort waiting resources into the indexes of an endpoint before a search reads them, in slices.

A search works without this, but the first one of a type would stop the server while it sorts in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.fhir.search.view import StoreView
from sandbox.model import Resource, ResourceVersion
from sandbox.worlds.settling import read_ahead
from sandbox.worlds.slices import Slices

AT_ONCE = 20
"""Number of resources that are sorted in before the slice may end: about 2 ms."""

OTHER_TYPES = ("_has:", "_include", "_revinclude")


def reads_other_types(pairs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a query reads other types than its own."""
    return any(name.startswith(OTHER_TYPES) or "." in name for name, _ in pairs)


async def sort_in(view: StoreView, type_: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Sort in the resources of the types that a search reads."""
    await sort_in_types(view, view.offered if reads_other_types(pairs) else (type_,))


async def sort_in_types(view: StoreView, types: Iterable[str]) -> None:
    """Sort in the resources of some types."""
    slices = Slices()
    for type_ in types:
        part = (view.endpoint, type_)
        await read_ahead(view.store.first_waiting(Resource, AT_ONCE, part))
        while view.store.sort_in(Resource, part, AT_ONCE):
            await slices.pause()
            await read_ahead(view.store.first_waiting(Resource, AT_ONCE, part))
    # The newest version of a type is the tag of a search.
    while view.store.sort_in(ResourceVersion, view.endpoint, AT_ONCE):
        await slices.pause()
