"""`_include`: the targets of the references of a page's matches (https://hl7.org/fhir/STU3/search.html#include)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Json = dict[str, Any]
Read = Callable[[str, str], Json | None]
"""Returns the resource of a type and an id, if the caller may see it."""


def included(includes: Iterable[str], page: Iterable[Json], read: Read) -> list[Json]:
    """Return the targets of the matches' references in the requested elements, each once.

    An include has the form `[type]:[element]:[target]`.
    """
    resources: dict[str, Json] = {}
    matches = list(page)
    for include in includes:
        type_, element, target = include.split(":")
        for match in matches:
            for reference in _references(match.get(element)) if match["resourceType"] == type_ else ():
                named, _, id_ = reference.partition("/")
                resource = read(named, id_) if named == target and reference not in resources else None
                if resource is not None:
                    resources[reference] = resource
    return list(resources.values())


def _references(element: Any) -> Iterator[str]:
    for value in element if isinstance(element, list) else [element]:
        if isinstance(value, dict) and "reference" in value:
            yield value["reference"]
