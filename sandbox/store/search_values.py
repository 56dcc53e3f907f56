"""Values of search parameters as JSON and back: a list of the class name and the parts."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

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
