"""The aggregated resources that a search may read and the caller's organisation may see.

PKB's own records are mapped when they are read. The view collects in `needs` the records that a query would have
read: while there are any, its results are incomplete, and the same query is repeated after mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.fhir.aggregated.intake import awaited, unmapped
from sandbox.fhir.aggregated.intake.unmapped import Needs
from sandbox.fhir.aggregated.kinds import PATIENT
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.fhir.base.capability import SearchRule
from sandbox.fhir.search import StoreView
from sandbox.fhir.search.limits import SearchLimits
from sandbox.fhir.search.view import Ordered
from sandbox.model import Resource, Waiting

MANY = 2**40
"""An assumed number of matches in unmapped records: more than any index has."""


class Touched(Collection[str]):
    """Keys of an index, in an order that does not depend on arrival. `touch` is called when they are read."""

    def __init__(self, keys: Collection[str], touch: Callable[[], None], size: int) -> None:
        self._keys, self._touch, self._size = keys, touch, size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        self._touch()
        return iter(sorted(self._keys))

    def __reversed__(self) -> Iterator[str]:
        self._touch()
        return iter(sorted(self._keys, reverse=True))

    def __contains__(self, key: object) -> bool:
        self._touch()
        return key in self._keys


@dataclass(frozen=True, slots=True)
class AggregatedView:
    """A `StoreView` of the endpoint, filtered by a visibility; keys are `aggregated/Type/id`.

    `fresh` returns whether a type of a record, or of all records, is mapped; `mapped` are the resource types of
    records. `only` limits the view to some resources, `Type/id`. `hidden` collects resources that were read but are
    not visible, `Type/id`.
    """

    whole: StoreView
    visibility: Visibility
    fresh: Callable[[str, str], bool]
    mapped: frozenset[str]
    only: frozenset[str] | None = None
    needs: Needs = field(default_factory=Needs)
    hidden: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        return False

    @property
    def release(self) -> str:
        return self.whole.release

    @property
    def base(self) -> str:
        return self.whole.base

    @property
    def now(self) -> datetime:
        return self.whole.now

    @property
    def limits(self) -> SearchLimits:
        return self.whole.limits

    def rules(self, type_: str) -> Mapping[str, SearchRule] | None:
        return self.whole.rules(type_)

    def key(self, type_: str, id_: str) -> str:
        return self.whole.key(type_, id_)

    def resource(self, key: str) -> Resource | None:
        _, type_, id_ = key.split("/", 2)  # a client may ask for any id
        if type_ in self.mapped:
            self._touch(type_, unmapped.records_behind(self.whole.store, type_, id_))
        if self._waits:
            is_stored = self.whole.store.find_one(Resource, key) is not None
            self.needs.await_(awaited.of_resource(self.whole.store, type_, id_, is_stored=is_stored))
        return self._seen(key)

    def size(self, type_: str) -> int:
        return self.whole.size(type_) if self._stale(type_, None) is not None and not self._waits else MANY

    @property
    def _waits(self) -> bool:
        """Return whether resources of the world's start wait."""
        return self.whole.store.count(Waiting) > 0

    def _await_all(self) -> None:
        if self._waits:
            self.needs.await_(None)

    def of_type(self, type_: str) -> Collection[str]:
        self._touch(type_, None)
        self._await_all()
        resources = [resource for key in self.whole.of_type(type_) if (resource := self._seen(key)) is not None]
        # By creation: the order in the store is that of mapping, which depends on earlier requests.
        return [
            resource.id
            for resource in sorted(resources, key=lambda resource: (resource.created_at, resource.logical_id))
        ]

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        keys = self.whole.with_value(type_, parameter, key)
        records = unmapped.with_value(self.whole.store, type_, parameter, key) if type_ in self.mapped else ()
        stale = self._stale(type_, records)
        waiting = awaited.with_value(self.whole.store, type_, parameter, key) if self._waits else ()
        size = MANY if stale is None or waiting is None else len(keys) + len(stale) + len(waiting)

        def touch() -> None:
            self.needs.add(type_, stale)
            self.needs.await_(waiting)

        return Touched(keys, touch, size)

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        keys = self.whole.between(type_, parameter, order, low, high)
        is_whole = self._stale(type_, None) is not None and not self._waits
        if (low is None and high is None) or is_whole:
            # A range without limits only serves to sort the matches, so it needs nothing to be mapped.
            return keys

        def touch() -> None:
            self._touch(type_, None)
            self._await_all()

        return Touched(tuple(keys), touch, MANY)

    def _seen(self, key: str) -> Resource | None:
        return self.whole.resource(key) if self._shows(key) else None

    def _shows(self, key: str) -> bool:
        name = key.removeprefix(f"{ENDPOINT}/")
        if self.only is not None and name not in self.only:
            return False
        is_visible = self.visibility.sees(name)
        if not is_visible:
            self.hidden.add(name)
            if self.visibility.may_come(name):
                for type_ in self.mapped:
                    self._touch(type_, None)
            if self._waits and awaited.may_show(self.whole.store, name):
                self._await_all()
        return is_visible

    def need(self, record: str) -> None:
        """Record that a response needs a patient's demographics, even if the caller may not see the record."""
        if not self.fresh(record, PATIENT):
            self.needs.add(PATIENT, [record])
        if self._waits:
            self.needs.await_(awaited.of_records(self.whole.store, [record]))

    def _touch(self, type_: str, records: Iterable[str] | None) -> None:
        self.needs.add(type_, self._stale(type_, records))

    def _stale(self, type_: str, records: Iterable[str] | None) -> Collection[str] | None:
        """Return the records among these to map; for all records, which None means, none or all."""
        if type_ not in self.mapped:
            return ()
        if records is not None:
            return [record for record in records if self.visibility.may_know(record) and not self.fresh(record, type_)]
        return () if self.fresh(self.visibility.everyone, type_) else None
