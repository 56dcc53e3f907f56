"""Values of search parameters as JSON and back: a list of the class name and the parts.

Values that nobody has read yet are written as what they are extracted from: to extract them for the file would cost
more than all else of a write, and most are never searched.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from sandbox.errors import Invalid

MODULES = {
    "Amount": "number",
    "Composed": "composite",
    "Measured": "quantity",
    "Ref": "reference",
    "SearchToken": "token",
    "Span": "date",
    "Text": "string",
    "Uri": "uri",
}
"""Class of a value → its module in `sandbox/fhir/search`.

By name: FHIR is above the store, and it is imported for the first resource that is read, not before.
"""
DECIMAL = "Decimal"


class UnreadValues(NamedTuple):
    """Values that are still to be extracted from a resource's text, by a release, with those that the server adds."""

    release: str
    added: dict[str, tuple[Any, ...]]

    def values_of(self, text: str) -> Any:
        """Return the values of a resource's text, which extracts them when they are first read."""
        return import_module("sandbox.fhir.search.deferred").DeferredValues(self.release, text, self.added)


def render_search_values(values: Any) -> dict[str, Any] | list[Any]:
    """Return the values of a resource as JSON: an object by parameter, or a list for what is to be extracted. Raises
    KeyError for a class that is not in the table.
    """
    if getattr(values, "unread", 0):
        return [values.release, render_search_values(values.added)]
    return {name: list(map(render_search_value, listed)) for name, listed in values.items()}


def parse_search_values(row: dict[str, Any] | list[Any]) -> dict[str, tuple[Any, ...]] | UnreadValues:
    """Parse values that `render_search_values` produced. Raises Invalid for an unknown class."""
    if isinstance(row, list):
        release, added = row
        return UnreadValues(release, _by_parameter(added))
    return _by_parameter(row)


def _by_parameter(row: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(map(parse_search_value, listed)) for name, listed in row.items()}


def render_search_value(value: Any) -> list[Any]:
    """Return a value as JSON. Raises KeyError for a class that is not in the table."""
    name = type(value).__name__
    if name not in MODULES:
        raise KeyError(name)
    return [name, *map(_render_part, value)]


def parse_search_value(row: Any) -> Any:
    """Parse a value that `render_search_value` produced. Raises Invalid for an unknown class."""
    return _class_of(row[0])(*map(_parse_part, row[1:]))


def _render_part(part: Any) -> Any:
    if type(part) is tuple:
        return list(map(_render_part, part))
    if isinstance(part, Decimal):
        return [DECIMAL, str(part)]
    # The values are NamedTuples: a plain tuple was written above, so this one has a class.
    return render_search_value(part) if isinstance(part, tuple) else part


def _parse_part(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    if part and part[0] == DECIMAL:
        return Decimal(part[1])
    return parse_search_value(part) if part and isinstance(part[0], str) else tuple(map(_parse_part, part))


@cache
def _class_of(name: str) -> Any:
    if name not in MODULES:
        raise Invalid(f"unknown search value {name!r}")
    return getattr(import_module(f"sandbox.fhir.search.{MODULES[name]}"), name)
