"""Evaluate FHIRPath; nearly every search parameter needs only its simplest part.

This module evaluates sequences of elements, choices of members by a value, and the two expressions for deceased
patients; everything else goes to `fhirpathpy`, which takes a hundred times as long and 100 ms to load.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

Json = dict[str, Any]
Walk = Callable[[Any, Json], list[Any]]
"""Returns the values from a node and the variables of the expression."""

_ELEMENT = r"[a-z][A-Za-z0-9]*"
_STEP = re.compile(rf"(?P<element>{_ELEMENT})(?:\.where\((?P<member>{_ELEMENT})='(?P<value>[^'\\]*)'\))?")
_STEPS = rf"{_STEP.pattern}(?:\.{_STEP.pattern})*".replace("?P<element>", "?:").replace("?P<member>", "?:")
_PATH = re.compile(rf"(?:(?P<type>[A-Z][A-Za-z]*)\.)?(?P<steps>{_STEPS.replace('?P<value>', '?:')})")
_EITHER = re.compile(r"(?P<first>[\w.]+)\.exists\(\) or \((?P<second>[\w.]+)\.exists\(\) and (?P=second)\)")


@cache
def compiled(expression: str) -> Walk:
    """Compile an expression."""
    either, path = _EITHER.fullmatch(expression), _PATH.fullmatch(expression)
    if either is not None:
        return partial(_either, _Steps.of(either["first"]), _Steps.of(either["second"]))
    if path is not None:
        return partial(_walked, _Steps.of(expression))
    import fhirpathpy

    walk: Walk = fhirpathpy.compile(expression, None, {"returnRawData": True})
    return walk


@dataclass(frozen=True, slots=True)
class _Steps:
    """Parse a path: the type of the resource with which it begins, if any, and the rest."""

    type: str
    steps: tuple[re.Match[str], ...]

    @classmethod
    def of(cls, path: str) -> _Steps:
        type_, _, rest = path.partition(".") if path[0].isupper() else ("", "", path)
        return cls(type_, tuple(_STEP.finditer(rest)))

    def walk(self, node: Any) -> list[Any]:
        """Follow elements, with the siblings of primitives."""
        nodes: list[Any] = [node] if isinstance(node, dict) and self.begins(node) else []
        for step in self.steps:
            nodes = _children(nodes, step["element"])
            if step["member"]:
                nodes = [item for item in nodes if _children([item], step["member"]) == [step["value"]]]
        return nodes

    def begins(self, node: Json) -> bool:
        return self.type in ("", node.get("resourceType"))


def _walked(steps: _Steps, node: Any, variables: Json) -> list[Any]:
    return [item for item in steps.walk(node) if not (isinstance(item, dict) and list(item) == ["extension"])]


def _children(nodes: list[Any], element: str) -> list[Any]:
    objects = (node for node in nodes if isinstance(node, dict))
    values = (node.get(name) for node in objects for name in (element, f"_{element}"))
    lists = (value if isinstance(value, list) else [value] for value in values if value is not None)
    return [member for members in lists for member in members]


def _either(first: _Steps, second: _Steps, node: Any, variables: Json) -> list[Any]:
    """Return whether one path has a value, or whether the value of another is true."""
    if not first.begins(node):
        return []
    return [bool(first.walk(node)) or any(value is True for value in second.walk(node))]
