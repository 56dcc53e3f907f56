"""Structural validation of a resource: elements, cardinality, data types and the JSON type of each value.

The structures come from `fhir.resources`. Codes are not checked. Errors have the wording of
the server product that PKB probably runs
(https://docs.aidbox.app/profiling-and-validation/profiling, https://hl7.org/fhir/R4/json.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox import facts
from sandbox.errors import Invalid
from sandbox.fhir.base.conforming import conforms
from sandbox.fhir.base.primitives import problem_with
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.structure import FhirElement, Structure, common_structure, structure_of

MOST_ISSUES: int = facts.value("customer.validation")
"""Maximum number of reported issues."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One error: the element as a FHIRPath, and the expectation."""

    expression: str
    diagnostics: str


class InvalidResource(Invalid):
    """A resource that does not conform to its release; `issues` locate the errors."""

    def __init__(self, issues: tuple[Issue, ...], rule: str = "customer.validation") -> None:
        first = issues[0]
        super().__init__(first.diagnostics, where=first.expression, rule=rule)
        self.issues = issues

    def inside(self, path: str) -> InvalidResource:
        """Return the same error for a resource inside a Bundle."""
        moved = (Issue(_inside_bundle(issue.expression, path), issue.diagnostics) for issue in self.issues)
        return InvalidResource(tuple(moved), self.rule)


def _inside_bundle(expression: str, path: str) -> str:
    if expression.startswith("Bundle.entry["):
        return expression
    _, dot, rest = expression.partition(".")
    return f"{path}{dot}{rest}"


def check_structure(release_name: str, resource: Any) -> None:
    """Raise InvalidResource with the issues of a resource, up to `MOST_ISSUES`."""
    if conforms(release_name, resource):
        return
    first_issues = tuple(islice(issues(release_name, resource, ""), MOST_ISSUES))
    if first_issues:
        raise InvalidResource(first_issues)


def issues(release_name: str, resource: Any, path: str) -> Iterator[Issue]:
    """Iterate over the errors of a resource, at a path or at the top."""
    if not isinstance(resource, dict):
        yield Issue(path, "expected object")
        return
    type_ = resource.get("resourceType")
    if not isinstance(type_, str) or type_ not in release(release_name).types:
        problem = "missing required property" if type_ is None else "expected the name of a resource type"
        yield Issue(f"{path}.resourceType".lstrip("."), problem)
        return
    structure = structure_of(release_name, type_)
    at = path or type_
    if structure is None:
        # Without a model only the elements that all resources share can be checked by structure.
        common = common_structure(release_name)
        rest = {name: value for name, value in resource.items() if name not in common.elements}
        yield from _members(release_name, common, {n: v for n, v in resource.items() if n not in rest}, at)
        yield from _json_alone({**rest, "resourceType": type_}, at)
    else:
        yield from _members(release_name, structure, resource, at)


def _members(release_name: str, structure: Structure, node: Any, path: str) -> Iterator[Issue]:
    if not isinstance(node, dict):
        yield Issue(path, "expected object")
        return
    if not node and "." in path:
        yield Issue(path, "expected object that is not empty")
    elements = structure.elements
    for name, value in node.items():
        element = elements.get(name)
        if element is not None:
            yield from _values(release_name, element, node, value, f"{path}.{name}")
        elif name != "resourceType" or not structure.is_resource:
            yield Issue(f"{path}.{name}", "extra property")
    for name in structure.required:
        if name not in node and f"_{name}" not in node:
            yield Issue(f"{path}.{name}", "missing required property")
    for prefix, (names, needed) in structure.choices.items():
        yield from _choice(node, f"{path}.{prefix}", names, needed)


def _choice(node: Any, path: str, names: tuple[str, ...], needed: bool) -> Iterator[Issue]:
    chosen = [name for name in names if name in node or f"_{name}" in node]
    if len(chosen) > 1:
        yield Issue(path, f"expected one of {', '.join(chosen)}")
    if needed and not chosen:
        yield Issue(path, "missing required property")


def _values(release_name: str, element: FhirElement, node: Any, value: Any, path: str) -> Iterator[Issue]:
    beside = _other_half(element, node)
    if not element.many and not isinstance(beside, list):
        yield from _value(release_name, element, value, path)
        return
    if not isinstance(value, list):
        yield Issue(path, "expected array")
        return
    if not value:
        yield Issue(path, "expected array that is not empty")
    for number, member in enumerate(value):
        # A list of primitives has null where only the list beside it, of ids and extensions, has a member.
        if member is None and isinstance(beside, list) and number < len(beside) and beside[number] is not None:
            continue
        yield from _value(release_name, element, member, f"{path}[{number}]")


def _other_half(element: FhirElement, node: Any) -> Any:
    """Check the siblings of a primitive: its ids and extensions, or the primitive beside those."""
    if element.name.startswith("_"):
        return node.get(element.name[1:])
    return node.get(f"_{element.name}") if element.primitive else None


def _value(release_name: str, element: FhirElement, value: Any, path: str) -> Iterator[Issue]:
    if element.primitive:
        problem = problem_with(element.primitive, value)
        if problem:
            yield Issue(path, problem)
    elif element.resource:
        yield from issues(release_name, value, path)
    elif element.structure is not None:
        yield from _members(release_name, element.structure(), value, path)


def _json_alone(node: Any, path: str) -> Iterator[Issue]:
    """Check what FHIR's JSON never allows, for types without a model: nulls and empty values."""
    if isinstance(node, dict):
        if not node and "." in path:
            yield Issue(path, "expected object that is not empty")
        for name, value in node.items():
            yield from _json_alone(value, f"{path}.{name}")
    elif isinstance(node, list):
        if not node:
            yield Issue(path, "expected array that is not empty")
        for number, member in enumerate(node):
            if member is not None:
                yield from _json_alone(member, f"{path}[{number}]")
    elif node is None or node == "":
        yield Issue(path, "expected value")
    elif isinstance(node, str) and problem_with("string", node):
        yield Issue(path, problem_with("string", node))
