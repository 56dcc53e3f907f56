"""A quick check that a resource conforms to its release: compiled for each structure, without finding errors.

Most resources conform. For any other, and for the few forms that this check leaves out (ids and extensions of
primitives, types without a structure), `validation` looks for the errors.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sandbox.base.short_cache import short_cache
from sandbox.fhir.base.primitives import checker_of
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.structure import FhirElement, Structure, structure_of

Fits = Callable[[Any], bool]
"""Returns whether a value certainly conforms."""


def conforms(release_name: str, resource: Any) -> bool:
    """Return whether a resource certainly conforms; False means that `validation` must check it."""
    type_ = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(type_, str) or type_ not in release(release_name).types:
        return False
    fits = _of_type(release_name, type_)
    return fits is not None and fits(resource)


@cache
def _of_type(release_name: str, type_: str) -> Fits | None:
    structure = structure_of(release_name, type_)
    return None if structure is None else _compiled(release_name, structure)


_COMPILED: dict[int, Fits] = {}
"""Identity of a structure → its check. Structures live as long as the process, and contain each other."""


def _compiled(release_name: str, structure: Structure) -> Fits:
    # By identity: a Structure contains dicts, so it cannot be hashed.
    if id(structure) not in _COMPILED:
        _COMPILED[id(structure)] = _object(release_name, structure)
    return _COMPILED[id(structure)]


def _object(release_name: str, structure: Structure) -> Fits:
    checks: dict[str, Fits] = {
        name: _element(release_name, element)
        for name, element in structure.elements.items()
        if not name.startswith("_")
    }
    if structure.is_resource:
        # `conforms` has looked at the name already, to choose this structure.
        checks["resourceType"] = lambda value: True
    required = structure.required
    choices = [(frozenset(names), needed) for names, needed in structure.choices.values()]

    def fits(node: Any) -> bool:
        # https://hl7.org/fhir/R4/json.html: an object is never empty.
        if not isinstance(node, dict) or not node:
            return False
        for name, value in node.items():
            check = checks.get(name)
            if check is None or not check(value):
                return False
        for name in required:
            if name not in node:
                return False
        for names, needed in choices:
            chosen = len(names & node.keys())
            if chosen > 1 or (needed and not chosen):
                return False
        return True

    return fits


def _element(release_name: str, element: FhirElement) -> Fits:
    fits = _value(release_name, element)
    if not element.many:
        return fits
    return lambda value: isinstance(value, list) and bool(value) and all(map(fits, value))


RECURRING = ("canonical", "code", "uri", "url")
"""Primitives whose values recur from resource to resource."""
SHARED = 4_000
"""Number of recent values of such a primitive that are remembered."""


@cache
def _primitive(type_: str) -> Fits:
    problem_of = checker_of(type_)
    if type_ not in RECURRING:
        return lambda value: not problem_of(value)
    remembered = short_cache(SHARED)(problem_of)
    # Values of another JSON type might not be hashable, so the cache cannot take them.
    return lambda value: isinstance(value, str) and not remembered(value)


def _value(release_name: str, element: FhirElement) -> Fits:
    if element.primitive:
        return _primitive(element.primitive)
    if element.resource:
        return lambda value: conforms(release_name, value)
    load = element.structure
    assert load is not None, "an element that is neither a primitive nor a resource has a structure"  # noqa: S101
    # Compiled when a value is checked, not here: types contain themselves (an Extension has extensions).
    return lambda value: _compiled(release_name, load())(value)
