"""Criteria: conditions on a resource, and the indexes that find candidates."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, Protocol

from sandbox.fhir.search.budget import spend
from sandbox.fhir.search.lookup import Equal, Lookup, Test
from sandbox.fhir.search.view import View
from sandbox.model import Resource
from sandbox.worlds.slices import Work

LONG_LIST = 8
"""Number of values of a list from which they are looked up by the key of a resource's value, not tried in turn."""

SLICE_STEPS = 500
"""Steps between two places where a slice of the search may end: well below a millisecond."""


class Criterion(Protocol):
    """One parameter of a query; a match meets all of them."""

    def met_by(self, resource: Resource) -> bool:
        """Return whether a resource meets it."""

    def candidates(self, view: View, type_: str) -> Collection[str] | None:
        """Return keys that include all matches; None if no index helps."""

    @property
    def is_sufficient(self) -> bool:
        """Return whether every candidate is a match."""


class Union(Collection[str]):
    """Several collections of keys as one: its length is an upper bound, each key occurs once."""

    def __init__(self, parts: Iterable[Collection[str]]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(chain.from_iterable(self._parts)))

    def __contains__(self, key: object) -> bool:
        return any(key in part for part in self._parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the tests is true for one of the parameter's values: commas mean *or*."""

    values: str
    tests: tuple[Test, ...]
    by_key: dict[Hashable, list[Test]] | None = field(init=False, compare=False)
    """The tests of a long list by the keys of the values that they may accept, where each has such keys."""

    def __post_init__(self) -> None:
        # Computed once: a long list is compared with thousands of resources.
        object.__setattr__(self, "by_key", _by_key(self.tests) if len(self.tests) >= LONG_LIST else None)

    @property
    def is_sufficient(self) -> bool:
        return all(test.is_sufficient for test in self.tests)

    @property
    def steps(self) -> int:
        """Return the number of comparisons with one resource."""
        return len(self.tests) if self.by_key is None else 1

    def met_by(self, resource: Resource) -> bool:
        for value in resource.values.get(self.values, ()):
            for test in self.tests if self.by_key is None else _tests_with_key(self.by_key, value.keys()):
                if test.accepts(value):
                    return True
        return False

    def candidates(self, view: View, type_: str) -> Collection[str] | None:
        lookups = [tuple(test.lookups()) for test in self.tests]
        if not all(lookups):
            return None
        return Union(_keys_of_lookup(view, type_, self.values, lookup) for lookup in chain.from_iterable(lookups))


def _by_key(tests: Iterable[Test]) -> dict[Hashable, list[Test]] | None:
    """Return tests by the keys that they look up; None if one looks up a range, or nothing."""
    tests_by_key: dict[Hashable, list[Test]] = {}
    for test in tests:
        lookups = tuple(test.lookups())
        if not lookups:
            return None
        for lookup in lookups:
            if not isinstance(lookup, Equal):
                return None
            tests_by_key.setdefault(lookup.key, []).append(test)
    return tests_by_key


def _tests_with_key(by_key: dict[Hashable, list[Test]], keys: Iterable[Hashable]) -> Iterator[Test]:
    return (test for key in keys for test in by_key.get(key, ()))


def _keys_of_lookup(view: View, type_: str, parameter: str, lookup: Lookup) -> Collection[str]:
    if isinstance(lookup, Equal):
        return view.with_value(type_, parameter, lookup.key)
    return view.between(type_, parameter, lookup.order, lookup.low, lookup.high)


@dataclass(frozen=True, slots=True)
class Not:
    """The criterion is not met; resources without a value match."""

    criterion: Criterion

    is_sufficient: ClassVar = False

    def met_by(self, resource: Resource) -> bool:
        return not self.criterion.met_by(resource)

    def candidates(self, view: View, type_: str) -> Collection[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class Missing:
    """The parameter has no value, or has one; a code that is only a text counts as one."""

    values: str
    missing: bool

    is_sufficient: ClassVar = False

    def met_by(self, resource: Resource) -> bool:
        is_present = self.values in resource.values or f"{self.values}:text" in resource.values
        return is_present != self.missing

    def candidates(self, view: View, type_: str) -> Collection[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class OneOfIds:
    """The resource is one of these, by logical id."""

    ids: frozenset[str]

    # The query may list ids that do not exist, or that the caller may not see.
    is_sufficient: ClassVar = False

    def met_by(self, resource: Resource) -> bool:
        return resource.logical_id in self.ids

    def candidates(self, view: View, type_: str) -> Collection[str] | None:
        return [view.key(type_, id_) for id_ in self.ids]


def matching_keys(view: View, type_: str, criteria: Iterable[Criterion]) -> Work[Collection[str]]:
    """Return the keys of a type's matches, in an order that stays the same from page to page."""
    wanted = tuple(criteria)
    if not wanted:
        return view.of_type(type_)
    # The index is sufficient: no resource is read, and the keys have the order in which resources were stored.
    if len(wanted) == 1 and wanted[0].is_sufficient and view.complete:
        return dict.fromkeys(wanted[0].candidates(view, type_) or ())
    pairs = yield from _select(view, type_, wanted)
    pairs.sort(key=lambda pair: (pair[1].created_at, pair[1].logical_id))
    return dict.fromkeys(key for key, _ in pairs)


def select(view: View, type_: str, criteria: Iterable[Criterion]) -> Work[list[Resource]]:
    """Return the matches of a type, in no order."""
    pairs = yield from _select(view, type_, tuple(criteria))
    return [resource for _, resource in pairs]


def _select(view: View, type_: str, criteria: tuple[Criterion, ...]) -> Work[list[tuple[str, Resource]]]:
    # Each value costs a look-up in an index, even if it has no candidates.
    spend(sum(map(_values, criteria)))
    steps, since, pairs = sum(map(_steps, criteria)), 0, []
    # Copied: other requests may write while this one waits between two slices.
    for key in tuple(_fewest(view, type_, criteria)):
        spend(steps)
        since += steps
        if since >= SLICE_STEPS:
            since = 0
            yield
        resource = view.resource(key)
        if resource is not None and all(criterion.met_by(resource) for criterion in criteria):
            pairs.append((key, resource))
    return pairs


def _inner(criterion: Criterion) -> Criterion:
    return criterion.criterion if isinstance(criterion, Not) else criterion


def _values(criterion: Criterion) -> int:
    """Return the number of values of a criterion."""
    inner = _inner(criterion)
    return len(inner.tests) if isinstance(inner, AnyOf) else 1


def _steps(criterion: Criterion) -> int:
    """Return the number of comparisons of a criterion with one resource."""
    inner = _inner(criterion)
    return inner.steps if isinstance(inner, AnyOf) else 1


def _fewest(view: View, type_: str, criteria: tuple[Criterion, ...]) -> Iterable[str]:
    """Return the candidates of the criterion with the fewest; all of the type if none has fewer."""
    # The shortest list first: the other criteria are then tested on few resources.
    choices = [keys for criterion in criteria if (keys := criterion.candidates(view, type_)) is not None]
    fewest = min(choices, key=len, default=None)
    return view.of_type(type_) if fewest is None or len(fewest) >= view.size(type_) else dict.fromkeys(fewest)
