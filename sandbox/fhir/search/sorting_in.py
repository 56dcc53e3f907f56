"""Sort waiting resources into the indexes of an endpoint before a search reads them, in slices.

A search works without this, but the first one of a type would stop the server while it sorts in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.fhir.search.query import ELSEWHERE, RESULT
from sandbox.fhir.search.view import StoreView
from sandbox.model import Resource, ResourceVersion
from sandbox.worlds.settling import read_ahead
from sandbox.worlds.slices import Slices

AT_ONCE = 20
"""Number of resources that are sorted in before the slice may end: about 2 ms."""

OTHER_TYPES = ("_has:", "_include", "_revinclude")

BY_TYPE = frozenset({"type"})
"""The index that a search without criteria reads."""

WITHOUT_VALUES = RESULT.difference({"_sort", "_include", "_revinclude"}) | ELSEWHERE
"""Parameters for which no search value is read."""


def reads_other_types(pairs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a query reads other types than its own."""
    return any(name.startswith(OTHER_TYPES) or "." in name for name, _ in pairs)


def reads_values(pairs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a query reads search values, and does not only count the resources of its type and page them."""
    return any(name not in WITHOUT_VALUES for name, _ in pairs)


async def sort_in(view: StoreView, type_: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Sort in the resources of the types that a search reads."""
    types = view.offered if reads_other_types(pairs) else (type_,)
    await sort_in_types(view, types, with_values=reads_values(pairs))


async def sort_in_types(view: StoreView, types: Iterable[str], *, with_values: bool = True) -> None:
    """Sort in the resources of some types, by their search values too unless the search reads none."""
    slices = Slices()
    for type_ in types:
        part, is_waiting = (view.endpoint, type_), True
        while is_waiting:
            # To extract the values costs ten times as much as to sort in by type.
            if with_values:
                await read_ahead(view.store.first_waiting(Resource, AT_ONCE, part))
            is_waiting = view.store.sort_in(Resource, part, AT_ONCE, None if with_values else BY_TYPE)
            await slices.pause()
    # The newest version of a type is the tag of a search.
    while view.store.sort_in(ResourceVersion, view.endpoint, AT_ONCE):
        await slices.pause()
