"""What the specification's search expressions mean, alternative by alternative, read with the structures of the types.

The expressions are a copy of https://hl7.org/fhir/STU3/searchparameter-registry.html and
https://hl7.org/fhir/R4/searchparameter-registry.html ; in STU3, `as(DateTime)` means the primitive.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.fhir.base.structure import FhirElement, Structure, common_structure, structure_of

Json = dict[str, Any]
Places = dict[str, str]
"""Path of an element as its JSON has it → the data type there."""

FACTS = Path(__file__).parent / "facts"
_CAST = re.compile(r"\((?P<path>[\w.]+) as (?P<type>\w+)\)")
_STEP = re.compile(
    r"(?P<name>\w+)(?:\.as\((?P<type>\w+)\))?(?P<where>\.where\((?:[^()]|\(\))*\))?(?P<first>\[0\])?(?:\.|$)"
)
READ: dict[str, frozenset[str]] = {
    "date": frozenset({"date", "dateTime", "instant", "Period", "Timing"}),
    "number": frozenset({"decimal", "integer", "positiveInt", "Range"}),
    "quantity": frozenset({"Age", "Duration", "Money", "Quantity", "Range", "SampledData"}),
    "reference": frozenset({"canonical", "Reference", "Resource", "uri"}),
    "string": frozenset({"Address", "HumanName", "markdown", "string"}),
    "token": frozenset(
        {"boolean", "code", "CodeableConcept", "Coding", "ContactPoint", "id", "Identifier", "string", "uri"}
    ),
    "uri": frozenset({"canonical", "oid", "uri", "url"}),
}
"""Type of a parameter → the data types that it is read from, where the expression names none."""


@cache
def specification(release: str) -> Json:
    """Type → parameter → its type, expression, targets and components."""
    content: Json = json.loads((FACTS / f"search-parameters-{release}.json").read_text())
    return content


def alternatives(expression: str) -> list[str]:
    """The members of a union, each cast written as `.as(Type)`."""
    return [_CAST.sub(r"\g<path>.as(\g<type>)", member.strip()) for member in expression.split("|")]


def places(release: str, type_: str, kind: str, expression: str) -> Places | None:
    """Where the values of a parameter of that kind stand; None for a type that no model describes."""
    table: Places = {}
    for alternative in alternatives(expression):
        path = alternative.removeprefix(f"{type_}.")
        structure = common_structure(release) if type_ == "Resource" else structure_of(release, type_)
        if structure is None:
            return None
        table |= dict(_resolved(structure, path, type_, kind))
    return table


def places_within(release: str, base: str, kind: str, expression: str) -> Places | None:
    """The same for a component of a composite, whose expression begins at the element that `base` names."""
    table: Places = {}
    type_, *steps = base.split(".")
    structure = structure_of(release, type_)
    for step in steps:
        if structure is None:
            return None
        element = structure.elements[step]
        assert element.structure is not None
        structure = element.structure()
    for alternative in alternatives(expression):
        if structure is None:
            return None
        if alternative.startswith("%resource."):
            resource = structure_of(release, type_)
            assert resource is not None
            table |= dict(_resolved(resource, alternative.removeprefix("%resource."), "%resource", kind))
        else:
            table |= {path.removeprefix("."): name for path, name in _resolved(structure, alternative, "", kind)}
    return table


def _resolved(structure: Structure, path: str, above: str, kind: str) -> Iterator[tuple[str, str]]:
    step = _STEP.match(path)
    assert step is not None, path
    rest = path[step.end() :]
    condition = "" if "resolve()" in (step["where"] or "") else step["where"] or ""
    for name in _names(structure, step["name"], step["type"], "" if rest else kind):
        element = structure.elements[name]
        at = f"{above}.{name}{condition}{step['first'] or ''}"
        if not rest:
            yield at, _datatype(element)
        else:
            assert element.structure is not None, path
            yield from _resolved(element.structure(), rest, at, kind)


def _names(structure: Structure, name: str, cast: str | None, kind: str) -> list[str]:
    """The elements that a step names: itself, or those of a choice, of the type that it is cast to or that are read."""
    if name in structure.elements and not cast:
        return [name]
    chosen, _ = structure.choices.get(name, ((name,), False))
    if cast:
        names = [member for member in chosen if member.lower() == f"{name}{cast}".lower()]
    else:
        names = [member for member in chosen if not kind or _datatype(structure.elements[member]) in READ[kind]]
    assert names, f"{structure.name}.{name}"
    return names


def _datatype(element: FhirElement) -> str:
    if element.resource:
        return "Resource"
    return element.primitive or (element.structure().name if element.structure else "")
