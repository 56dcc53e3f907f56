"""Render patients and data points as resources: each once per version, on first use, then cached.

A resource depends on its entity, on the entities to which it refers (patient, organisation, people, files), and on
the caller's view: content may still be withheld. Stored values never change in place: while these are the same, so is
the resource.
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
"""Maximum number of cached resources for one store, a few kilobytes each; beyond it the cache is emptied."""

Looked = tuple[type[Any], str | None, Any]
"""A look-up: kind, id, and result."""


@dataclass(slots=True)
class KeptResource:
    """A resource, with the entity and everything from which it was rendered, and the store's mark of the last
    comparison.
    """

    entity: Any
    looked: list[Looked]
    resource: RenderedResource
    mark: object


Kept = dict[tuple[type[Any], str, Hashable], KeptResource]


class Noting:
    """A store that records look-ups by id: the dependencies of a resource."""

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
"""The source in which rendering finds the entities of a data point's references."""
ToStu3 = Callable[[Names, D, bool], Json]
"""Renders a data point; the flag says whether its content is still withheld from the caller."""


def matches(points: Sequence[D], to_stu3: ToStu3[D]) -> Matches[D]:
    """Data points in order; a point that the viewer may no longer see has no resource."""

    def view(viewer: Viewer) -> Callable[[D], Json | None]:
        sight = Sight.of(viewer)
        return lambda point: rendered(sight, point, to_stu3) if sight.still_sees(point) else None

    return Matches(points, view)


_remembered: WeakKeyDictionary[Store, Kept] = WeakKeyDictionary()


def rendered(sight: Sight, point: D, to_stu3: ToStu3[D]) -> Json:
    """Return the resource of a data point for this caller: the cached one, if nothing in it has changed."""
    # Part of the cache's key: before release a patient gets another resource than the sender.
    hidden = sight.hides(getattr(point, "released_at", None))
    return cached_resource(sight.store, point, hidden, lambda names: to_stu3(names, point, hidden))


def cached_resource(store: Store, entity: Any, aspect: Hashable, make: Callable[[Names], Json]) -> RenderedResource:
    """Return the resource of an entity: the cached one, if neither the entity nor its references have changed.

    `aspect` is the part of the viewer on which the resource also depends.
    """
    kept = _remembered.get(store)
    if kept is None:
        kept = _remembered[store] = {}
    key = (type(entity), entity.id, aspect)
    # Compared by identity: a stored value never changes in place, so the same object means the same content.
    entry = kept.get(key)
    if entry is not None and entry.entity is entity and _is_current(store, entry):
        return entry.resource
    noting = Noting(store)
    resource = RenderedResource(make(noting))
    if len(kept) >= MOST:
        kept.clear()
    kept[key] = KeptResource(entity, noting.looked, resource, store.mark)
    return resource


def _is_current(store: Store, entry: KeptResource) -> bool:
    """Return whether the dependencies of a resource are unchanged; checked only after a write to the store."""
    if entry.mark is store.mark:
        return True
    if not all(store.find_one(kind, id_) is entity for kind, id_, entity in entry.looked):
        return False
    entry.mark = store.mark
    return True
