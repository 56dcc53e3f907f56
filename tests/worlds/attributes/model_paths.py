"""The attributes of the model, down to values that have no parts, as the tables name them."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from sandbox.worlds.attributes.table import AttributeTable


def paths(table: AttributeTable) -> list[str]:
    """Each attribute of the kind's entity; the parts of what it follows in the place of the id that leads to it."""
    return list(_below(table.entity, "", table.follows))


def _below(kind: Any, start: str, follows: Mapping[str, type[Any]]) -> Iterator[str]:
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        path = f"{start}{field.name}"
        part = follows.get(path, _part(hints[field.name]))
        if is_dataclass(part) and part is not kind:
            yield from (name for name in _below(part, f"{path}.", {}) if name not in BACKWARDS)
        else:
            yield path


BACKWARDS = {f"{name}.{part}" for name in ("attachment", "attachments") for part in ("patient", "data_point")}
"""What leads from a file back to what it belongs to."""


def _part(hint: Any) -> Any:
    """The type of an attribute's value, or of the items of a list."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _part(next(member for member in inner if member is not type(None)))
    return _part(inner[0]) if origin is tuple else hint
