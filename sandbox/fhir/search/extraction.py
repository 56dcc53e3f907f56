"""The searchable values of a resource: those of every search parameter of its type, extracted when it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from sys import intern
from typing import Any

from sandbox.fhir.search import date, number, quantity, reference, string, token, uri
from sandbox.fhir.search.composite import Composed
from sandbox.fhir.search.definitions import ID, SearchParameter, of
from sandbox.model.resource import SearchValue

Json = dict[str, Any]
ExtractedValues = Iterator[tuple[str, Any]]

VALUES: dict[str, Callable[[str, Any, str], ExtractedValues]] = {
    "date": date.values,
    "number": number.values,
    "quantity": quantity.values,
    "string": string.values,
    "token": token.values,
    "uri": uri.values,
}
"""Type of a search parameter → the function that returns the values of an element, by data type and release."""


def values_of(release: str, resource: Json) -> Mapping[str, tuple[SearchValue, ...]]:
    """Return parameter → its values; those for modifiers are under `parameter:modifier`.

    `_id` has none: the store finds a resource by its id.
    """
    values_by_name: dict[str, dict[SearchValue, None]] = {}
    for parameter in of(release, resource["resourceType"]).values():
        for suffix, value in _values(parameter, release, resource, resource) if parameter.name != ID else ():
            name = intern(parameter.name + suffix) if suffix else parameter.name
            values_by_name.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in values_by_name.items()}


def _values(parameter: SearchParameter, release: str, node: Json, resource: Json) -> ExtractedValues:
    for path in parameter.paths:
        for datum in path(node, resource):
            if parameter.type == "composite":
                yield from _composed(parameter, release, datum, resource)
            elif parameter.type == "reference":
                yield from reference.values(parameter, path.datatype, datum, release)
            else:
                yield from VALUES[parameter.type](path.datatype, datum, release)


def _composed(parameter: SearchParameter, release: str, element: Any, resource: Json) -> ExtractedValues:
    """Return the components' values in one element; none unless each has a value."""
    parts = tuple(
        tuple(value for suffix, value in _values(component, release, element, resource) if not suffix)
        for component in parameter.components
    )
    if all(parts):
        yield "", Composed(parts)
