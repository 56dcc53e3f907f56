"""The attributes of an entity with their values, by its table, and the groups that people read as one value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import instant
from sandbox.store.states import State
from sandbox.worlds.attributes.table import Attribute, AttributeTable
from sandbox.worlds.difference import json_leaves

Leaf = tuple[str, Any]
"""A path with the positions of list items, as `participants[0].role`, and its value."""


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == ()  # `False` and 0 are values


@dataclass(frozen=True, slots=True)
class AttributeReader:
    """Reads entities of one kind in one state; references are resolved in the same state."""

    table: AttributeTable
    state: State

    def leaves(self, entity: Any | None, attribute: Attribute) -> dict[str, Any]:
        """Return the values of one attribute, several if it belongs to list items; empty ones are omitted.

        A deleted entity, or one that is not data for people, has none.
        """
        if not self.table.has(entity):
            return {}
        if attribute.json:
            return json_leaves.leaves(getattr(entity, attribute.path))
        walked = _walk(self, entity, attribute.path.split("."), "", "")
        return {path: value for path, value in walked if not is_empty(value)}

    def group(self, entity: Any | None, path: str) -> Any:
        """Return the value of an attribute for people: the whole value if it is a part of one."""
        if entity is None:
            return None
        return next((value for _, value in _walk(self, entity, path.split("."), "", "")), None)


def group_of(path: str, entities: Iterable[Any | None]) -> str:
    """Return the prefix of a path that people read as a value: a name, a code, a list; else the whole path."""
    for entity in entities:
        value, names = entity, path.split(".")
        for position, name in enumerate(names, 1):
            value = getattr(value, name, None)
            if isinstance(value, tuple) or (is_dataclass(value) and type(value).__name__ in WHOLE):
                return ".".join(names[:position])
    return path


WHOLE = ("Address", "BusinessIdentifier", "Code", "EnteredAs", "Name")
"""Parts of entities that people read as one value."""


def _walk(reader: AttributeReader, value: Any, names: list[str], at: str, plain: str) -> Iterator[Leaf]:
    """Iterate over the values of a path; `at` and `plain` are the path so far, with and without positions."""
    if value is None:
        return
    if not names:
        yield at, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _walk(reader, item, names, f"{at}[{position}]", plain)
    elif plain in reader.table.follows:
        yield from _step(reader, reader.state.find_one(reader.table.follows[plain], value), names, at, plain)
    else:
        yield from _step(reader, value, names, at, plain)


def _step(reader: AttributeReader, value: Any | None, names: list[str], at: str, plain: str) -> Iterator[Leaf]:
    name, *rest = names
    display = name.rstrip("_")  # `class_` is a word of Python's
    below = f"{at}.{display}" if at else display
    yield from _walk(reader, getattr(value, name, None), rest, below, f"{plain}.{name}" if plain else name)


def as_json(value: Any) -> Any:
    """Convert a value to JSON: times in ISO 8601, numbers as text with all digits, a file's content as its hash."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return f"sha256:{hashlib.sha256(value).hexdigest()}"
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value
