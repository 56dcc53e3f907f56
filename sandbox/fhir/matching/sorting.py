"""`_sort` (https://hl7.org/fhir/R4/search.html#sort): by several parameters, a minus for descending."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Invalid
from sandbox.fhir.matching import date, number, quantity, reference, string, token, uri
from sandbox.fhir.matching.definitions import of
from sandbox.fhir.matching.view import View
from sandbox.model import Resource

ORDERS: dict[str, Callable[[Any], Any]] = {
    "date": date.order,
    "number": number.order,
    "quantity": quantity.order,
    "reference": reference.order,
    "string": string.order,
    "token": token.order,
    "uri": uri.order,
}
"""Type of a search parameter → what a value is sorted by."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """A parameter to sort by."""

    parameter: str
    order: Callable[[Any], Any]
    descending: bool


def read_sort(view: View, type_: str, text: str) -> tuple[SortKey, ...]:
    """Raises Invalid for a parameter that the type does not have, or that has no order."""
    keys = []
    for name in text.split(","):
        plain = name.removeprefix("-")
        parameter = of(view.release, type_).get(plain) if plain in (view.rules(type_) or ()) else None
        if parameter is None or parameter.type not in ORDERS:
            raise Invalid(f"{type_} cannot be sorted by {plain}", code="invalid", rule="search.sort")
        keys.append(SortKey(plain, ORDERS[parameter.type], name.startswith("-")))
    return tuple(keys)


def in_order(found: Iterable[Resource], keys: tuple[SortKey, ...]) -> list[Resource]:
    """Sorted; those without a value come last, equals in the order of their creation."""
    ordered = sorted(found, key=lambda resource: (resource.created_at, resource.logical_id))
    for key in reversed(keys):
        valued = [(place, resource) for resource in ordered if (place := _place(resource, key)) is not None]
        bare = [resource for resource in ordered if _place(resource, key) is None]
        valued.sort(key=lambda pair: pair[0], reverse=key.descending)
        ordered = [resource for _, resource in valued] + bare
    return ordered


def _place(resource: Resource, key: SortKey) -> Any:
    """The lowest of a resource's values, or the highest when descending."""
    places = [key.order(value) for value in resource.values.get(key.parameter, ())]
    if not places:
        return None
    return max(places) if key.descending else min(places)
