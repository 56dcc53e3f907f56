"""Columns: functions that return the searchable values at one path of a resource.

Parameters share columns, and a column is only computed for a resource that has the element with which its path begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from sandbox.fhir.search import date, number, quantity, reference, string, token, uri
from sandbox.fhir.search.composite import Composed
from sandbox.fhir.search.definitions import Path, SearchParameter
from sandbox.fhir.search.extracted import NONE, ExtractedValues, merged
from sandbox.fhir.search.paths import Walk, compiled, reading

Json = dict[str, Any]
Column = Callable[[Any, Json], ExtractedValues]
"""Returns the values in a node of a resource."""

READERS: dict[str, Callable[[str, str], Callable[[Any], ExtractedValues]]] = {
    "date": date.reader,
    "number": number.reader,
    "quantity": quantity.reader,
    "string": string.reader,
    "token": token.reader,
    "uri": uri.reader,
}
"""Type of a search parameter → the function that returns the reader of elements of a data type, by release."""

_BEGINNING = re.compile(r"(?:[A-Z][A-Za-z]*\.)?(?P<element>[a-z][A-Za-z]*)(?=$|[.\[])(?!.*[ |])")


def beginning(expression: str) -> str:
    """Return the element without which a path has no values; empty if there is none."""
    match = _BEGINNING.match(expression)
    return match["element"] if match else ""


def column(parameter: SearchParameter, path: Path, release: str) -> Column:
    """Compile the column of one path of a parameter."""
    if parameter.type == "composite":
        return _composite(compiled(path.expression), parameter, release)
    if parameter.type == "reference":
        read = reference.reader(parameter, path.datatype, release)
    else:
        read = READERS[parameter.type](path.datatype, release)
    return reading(path.expression, read, merged, NONE)


def _composite(walk: Walk, parameter: SearchParameter, release: str) -> Column:
    """Compile a composite whose components are in each of some elements."""
    components = [[column(part, path, release) for path in part.paths] for part in parameter.components]

    def values(node: Any, resource: Json) -> ExtractedValues:
        elements = walk(node, resource)
        return merged(
            [combined([[part(element, resource) for part in parts] for parts in components]) for element in elements]
        )

    return values


def combined(components: Iterable[Iterable[ExtractedValues]]) -> ExtractedValues:
    """Combine the components' values in one element; none unless each has a value."""
    parts = tuple(tuple(chain.from_iterable(values.get("", ()) for values in columns)) for columns in components)
    # https://hl7.org/fhir/R4/search.html#combining: a composite matches only where every component has a value.
    return {"": (Composed(parts),)} if all(parts) else NONE
