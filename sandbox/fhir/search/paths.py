"""Compile the FHIRPath expressions of search parameters to functions over JSON.

The tables need four forms: a path of elements, with `where(member='value')` and `[0]`; the same of `%resource`; the
type of the resource alone; and two tests for values that may stand in several elements. Each function returns what
`fhirpathpy` returns, which takes a hundred times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

Json = dict[str, Any]
Nodes = list[Any]
Walk = Callable[[Any, Json], Nodes]
"""Returns the values from a node of a resource."""
Step = Callable[[Nodes], Nodes]
T = TypeVar("T")
Read = Callable[[Any], T]

_ELEMENT = r"[a-z][A-Za-z0-9]*"
_STEP = re.compile(
    rf"(?P<element>{_ELEMENT})(?:\.where\((?P<member>{_ELEMENT})='(?P<value>[^'\\]*)'\))?(?:\[(?P<index>\d+)\])?"
)
_ANY_STEP = re.sub(r"\?P<\w+>", "?:", _STEP.pattern)
_PATH = re.compile(rf"(?P<start>[A-Z][A-Za-z]*|%resource)?(?P<steps>(?:(?:^|\.){_ANY_STEP})*)")
_PLAIN = re.compile(rf"(?:[A-Z][A-Za-z]*\.)?{_ELEMENT}(?:\.{_ELEMENT})*")
_EITHER = re.compile(r"(?P<first>[\w.]+)\.exists\(\) or \((?P<second>[\w.]+)\.exists\(\) and (?P=second)\)")
_ANY_OF = re.compile(r"\((?P<paths>[\w.]+(?: \| [\w.]+)*)\)\.exists\(\)\.where\(\$this\)")


@cache
def compiled(expression: str) -> Walk:
    """Compile an expression. Raises ValueError for one of another form."""
    either, any_of, path = (form.fullmatch(expression) for form in (_EITHER, _ANY_OF, _PATH))
    if either is not None:
        return _either(_path(either["first"]), _path(either["second"]))
    if any_of is not None:
        return _any_of([_path(part) for part in any_of["paths"].split(" | ")])
    if path is None or not expression:
        raise ValueError(f"{expression!r} is not one of the forms of FHIRPath that search parameters have")
    return _without_extensions(_path(expression))


def reading(expression: str, read: Read[T], merge: Callable[[list[T]], T], none: T) -> Callable[[Any, Json], T]:
    """Compile an expression with the reader of its values; several results are merged, of no value it is `none`."""
    walk = compiled(expression)

    def values(node: Any, resource: Json) -> T:
        elements = walk(node, resource)
        return merge([read(element) for element in elements]) if elements else none

    return _along(expression, read, values, none) if _PLAIN.fullmatch(expression) else values


def _along(expression: str, read: Read[T], values: Callable[[Any, Json], T], none: T) -> Callable[[Any, Json], T]:
    """Return a faster form of `values`, which follows elements of one value each and leaves the rest to it."""
    start, steps = ("", expression) if expression[0].islower() else expression.split(".", 1)
    names = tuple((element, f"_{element}") for element in steps.split("."))

    def value_along(node: Any, resource: Json) -> T:
        value = node
        if start and (not isinstance(node, dict) or node.get("resourceType") != start):
            return none
        for element, beside in names:
            # Quicker than isinstance, and this runs for every value that is extracted; a subclass takes the slow way.
            if value.__class__ is not dict or beside in value:
                return values(node, resource)
            value = value.get(element)
            if value.__class__ is list and len(value) == 1:
                value = value[0]
        if value is None:
            return none
        if value.__class__ is list or (value.__class__ is dict and "extension" in value):
            return values(node, resource)
        return read(value)

    return value_along


def _path(path: str) -> Walk:
    """Compile a path: its beginning, and its steps."""
    match = _PATH.fullmatch(path)
    assert match is not None, path  # noqa: S101 - the forms above contain only paths
    start, steps = match["start"] or "", [step for text in _STEP.finditer(match["steps"]) for step in _steps(text)]

    def walk(node: Any, resource: Json) -> Nodes:
        nodes = _beginning(start, node, resource)
        for step in steps:
            if not nodes:
                return nodes
            nodes = step(nodes)
        return nodes

    return walk


def _is_extension(value: Any) -> bool:
    """Return whether a value is a primitive that has an extension and no value."""
    return isinstance(value, dict) and len(value) == 1 and "extension" in value


def _beginning(start: str, node: Any, resource: Json) -> Nodes:
    if start == "%resource":
        return [resource]
    return [node] if isinstance(node, dict) and start in ("", node.get("resourceType")) else []


def _steps(step: re.Match[str]) -> list[Step]:
    steps = [_children(step["element"])]
    if step["member"]:
        steps.append(_where(_children(step["member"]), [step["value"]]))
    if step["index"]:
        steps.append(_at(int(step["index"])))
    return steps


def _children(element: str) -> Step:
    """Follow an element, and for a primitive also its ids and extensions (`_name`)."""
    beside = f"_{element}"

    def children(nodes: Nodes) -> Nodes:
        values: Nodes = []
        for node in nodes:
            if isinstance(node, dict):
                for value in (node.get(element), node.get(beside)):
                    if isinstance(value, list):
                        values += value
                    elif value is not None:
                        values.append(value)
        return values

    return children


def _where(member: Step, value: Nodes) -> Step:
    return lambda nodes: [node for node in nodes if member([node]) == value]


def _at(index: int) -> Step:
    return lambda nodes: nodes[index : index + 1]


def _without_extensions(walk: Walk) -> Walk:
    """Leave out nulls, and primitives that have an extension and no value."""

    def values(node: Any, resource: Json) -> Nodes:
        return [value for value in walk(node, resource) if value is not None and not _is_extension(value)]

    return values


def _either(first: Walk, second: Walk) -> Walk:
    """Return whether one path has a value, or whether the value of another is true."""

    def values(node: Any, resource: Json) -> Nodes:
        return [bool(first(node, resource)) or any(value is True for value in second(node, resource))]

    return values


def _any_of(paths: list[Walk]) -> Walk:
    """Return true if one of some paths has a value; otherwise nothing."""
    return lambda node, resource: [True] if any(path(node, resource) for path in paths) else []
