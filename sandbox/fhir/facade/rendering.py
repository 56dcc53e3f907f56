"""From patients and data points to resources: each made when it is looked at, once per version, and remembered.

A resource depends on its entity, on what that names (patient, organisation, people, files), and on what the caller may
see of it: a data point's content may be held back still. Stored values are never changed in place: while these are the
same, so is the resource.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sandbox.fhir.base.text import RenderedResource
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.elements import Json
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.model import DataPoint
from sandbox.store import Store

D = TypeVar("D", bound=DataPoint)
E = TypeVar("E")
MOST = 5_000
"""How many resources are remembered for one store, a few kilobytes each; past it all are forgotten."""

Looked = tuple[type[Any], str | None, Any]
"""What was looked up: kind, id, and what was found."""


@dataclass(slots=True)
class KeptResource:
    """A resource, with the entity and all that it was made from, and the store's mark when they were last compared."""

    entity: Any
    looked: list[Looked]
    resource: RenderedResource
    mark: object


Kept = dict[tuple[type[Any], str, Hashable], KeptResource]


class Noting:
    """A store that notes what is looked up by id: what a resource depends on."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.looked: list[Looked] = []

    def find_one(self, kind: type[E], id_: str | None) -> E | None:
        entity = self._store.find_one(kind, id_)
        self.looked.append((kind, id_, entity))
        return entity

    def get(self, kind: type[E], id_: str) -> E:
        entity = self._store.get(kind, id_)
        self.looked.append((kind, id_, entity))
        return entity


Names = Store | Noting
"""Where a rendering finds what a data point names."""
Represent = Callable[[Names, D, bool], Json]
"""From a data point to its resource; the flag is whether its content is still held back from the caller."""


def matches(points: Sequence[D], represent: Represent[D]) -> Matches[D]:
    """Data points in their order; what is not visible to a viewer any more does not show to that viewer."""

    def view(viewer: Viewer) -> Callable[[D], Json | None]:
        sight = Sight.of(viewer)
        return lambda point: rendered(sight, point, represent) if sight.still_sees(point) else None

    return Matches(points, view)


_remembered: WeakKeyDictionary[Store, Kept] = WeakKeyDictionary()


def rendered(sight: Sight, point: D, represent: Represent[D]) -> Json:
    """The resource of a data point as this caller sees it: the one made before, if nothing in it has changed."""
    hidden = sight.hides(getattr(point, "released_at", None))
    return remembered(sight.store, point, hidden, lambda names: represent(names, point, hidden))


def remembered(store: Store, entity: Any, aspect: Hashable, make: Callable[[Names], Json]) -> RenderedResource:
    """The resource of an entity: the one made before, if neither the entity nor what it names has changed.

    `aspect` is what else the resource depends on, of whoever looks.
    """
    kept = _remembered.get(store)
    if kept is None:
        kept = _remembered[store] = {}
    key = (type(entity), entity.id, aspect)
    entry = kept.get(key)
    if entry is not None and entry.entity is entity and _stands(store, entry):
        return entry.resource
    noting = Noting(store)
    resource = RenderedResource(make(noting))
    if len(kept) >= MOST:
        kept.clear()
    kept[key] = KeptResource(entity, noting.looked, resource, store.mark)
    return resource


def _stands(store: Store, entry: KeptResource) -> bool:
    """Whether what a resource names is as it was; looked up only after something was stored."""
    if entry.mark is store.mark:
        return True
    if not all(store.find_one(kind, id_) is entity for kind, id_, entity in entry.looked):
        return False
    entry.mark = store.mark
    return True
