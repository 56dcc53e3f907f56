"""Segments under construction, and the structure of a message as a tree.

Source of the notation: HL7 2.4, chapter 2.12: `[ ]` is optional, `{ }` repeats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.hl7.escapes import escape
from sandbox.testing.hl7_values import Value

_TOKEN = re.compile(r"[A-Z][A-Z0-9]{2}|[][{}]")
_CLOSED_BY = {"[": "]", "{": "}"}


@dataclass(slots=True)
class Drawn:
    """A segment under construction: field → its occurrences."""

    name: str
    fields: dict[int, list[Value]] = field(default_factory=dict)

    def put(self, number: int, value: Value) -> None:
        """Set components of the first occurrence of a field."""
        occurrences = self.fields.setdefault(number, [{}])
        occurrences[0] = {**occurrences[0], **value}

    def get(self, number: int, component: int = 1) -> str:
        """Return a component of the first occurrence of a field; empty if there is none."""
        return self.fields.get(number, [{}])[0].get(component, "")

    def written(self) -> str:
        """Format the segment as ER7, with the standard delimiters and PKB's escapes."""
        fields = (_field(self.fields.get(number, [])) for number in range(1, max(self.fields, default=0) + 1))
        return "|".join([self.name, *fields])


def _field(occurrences: list[Value]) -> str:
    return "~".join(
        "^".join(_text(components.get(n, "")) for n in range(1, max(components, default=0) + 1))
        for components in occurrences
    )


def _text(value: str) -> str:
    return escape(value).replace("\n", "\\.br\\")


def tree(structure: str) -> list[Any]:
    """Parse a structure such as `MSH PID { [AL1 [NTE]] }` into names, and pairs of `[` or `{` with the tree inside."""
    return _until(iter(_TOKEN.findall(structure)), "")


def _until(tokens: Iterator[str], end: str) -> list[Any]:
    parts: list[Any] = []
    for token in tokens:
        if token == end:
            break
        parts.append((token, _until(tokens, _CLOSED_BY[token])) if token in _CLOSED_BY else token)
    return parts
