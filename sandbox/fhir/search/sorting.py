"""`_sort` (https://hl7.org/fhir/R4/search.html#sort): by several parameters, a minus for descending."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Set
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Invalid
from sandbox.fhir.search import date, number, quantity, reference, string, token, uri
from sandbox.fhir.search.definitions import ID, parameters_of
from sandbox.fhir.search.view import View
from sandbox.model import Resource
from sandbox.worlds.slices import Work

ORDERS: dict[str, Callable[[Any], Any]] = {
    "date": date.sort_key,
    "number": number.sort_key,
    "quantity": quantity.sort_key,
    "reference": reference.sort_key,
    "string": string.sort_key,
    "token": token.sort_key,
    "uri": uri.sort_key,
}
"""Type of a search parameter → the function that returns the sort key of a value."""

WALKS = {"date": "low", "number": "low", "quantity": "low", "string": "", "uri": ""}
"""Type of a search parameter → the ordering of the store's index for its values."""

FEW = 500
"""Maximum number of resources that are sorted without the index."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """A parameter to sort by."""

    parameter: str
    order: Callable[[Any], Any]
    descending: bool
    walk: str | None = None
    """The ordering of the store's index for this key, if there is one."""


def read_sort(view: View, type_: str, text: str) -> tuple[SortKey, ...]:
    """Parse `_sort`. Raises Invalid for a parameter that the type does not have, or that cannot be sorted."""
    keys = []
    for name in text.split(","):
        plain = name.removeprefix("-")
        parameter = parameters_of(view.release, type_).get(plain) if plain in (view.rules(type_) or ()) else None
        if parameter is None or parameter.type not in ORDERS:
            raise Invalid(f"{type_} cannot be sorted by {plain}", code="invalid", rule="search.sort")
        keys.append(SortKey(plain, ORDERS[parameter.type], name.startswith("-"), WALKS.get(parameter.type)))
    return tuple(keys)


def first_in_order(
    view: View, type_: str, keys: Collection[str], sort: tuple[SortKey, ...], most: int
) -> Work[list[Resource]]:
    """Return the first of these resources in the requested order; of many only as many are read as needed."""
    wanted = keys if len(keys) <= FEW or sort[0].walk is None else _walk(view, type_, keys, sort[0], most)
    resources = []
    for key in tuple(wanted):
        resource = view.resource(key)
        if resource is not None:
            resources.append(resource)
        yield
    ordered = yield from in_order(resources, sort)
    return ordered[:most]


def _walk(view: View, type_: str, keys: Collection[str], key: SortKey, most: int) -> Iterable[str]:
    """Return the first keys in a parameter's own order, and those with the same sort key as the last."""
    inside = keys if isinstance(keys, (dict, Set)) else frozenset(keys)
    order = view.between(type_, key.parameter, key.walk or "", None, None)
    reached: dict[str, None] = {}
    last: Any = None
    for resource_key in reversed(order) if key.descending else order:
        if resource_key in inside and resource_key not in reached:
            if len(reached) >= most:
                place = _stored_sort_key(view, resource_key, key)
                last = _stored_sort_key(view, next(reversed(reached)), key) if last is None else last
                # Resources that tie with the last one are kept too: the next sort key decides between them.
                if place != last:
                    return reached
            reached[resource_key] = None
    # Resources without a value are not in the index, and come last.
    return dict.fromkeys([*reached, *keys])


def _stored_sort_key(view: View, key: str, sort: SortKey) -> Any:
    resource = view.resource(key)
    return None if resource is None else _sort_key_of(resource, sort)


def in_order(resources: Iterable[Resource], keys: tuple[SortKey, ...]) -> Work[list[Resource]]:
    """Sort; resources without a value come last, equal ones in the order of their creation."""
    ordered = sorted(resources, key=lambda resource: (resource.created_at, resource.logical_id))
    for key in reversed(keys):
        placed = []
        for resource in ordered:
            placed.append((_sort_key_of(resource, key), resource))
            yield
        valued = [pair for pair in placed if pair[0] is not None]
        valued.sort(key=lambda pair: pair[0], reverse=key.descending)
        ordered = [resource for _, resource in valued] + [resource for place, resource in placed if place is None]
    return ordered


def _sort_key_of(resource: Resource, key: SortKey) -> Any:
    """Return the lowest of a resource's sort keys, or the highest when descending."""
    if key.parameter == ID:
        return resource.logical_id
    places = [key.order(value) for value in resource.values.get(key.parameter, ())]
    if not places:
        return None
    return max(places) if key.descending else min(places)
