"""Check that values in a world file have the types of their attributes, for example that a date is not a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sandbox.clock import LocalDay
from sandbox.errors import Invalid


def check_types(entity: Any) -> None:
    """Raise Invalid for the first attribute of the entity, or of a part of it, whose value has another type."""
    hints = _hints(entity.__class__)
    for attribute in fields(entity):
        value = getattr(entity, attribute.name)
        if not _fits(value, hints[attribute.name]):
            where = f"{type(entity).__name__} {getattr(entity, 'id', '')}".strip()
            raise Invalid(f"{where}: {attribute.name.rstrip('_')} cannot be {value!r}")
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and not isinstance(part, type):
                check_types(part)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(_fits(value, member) for member in inner)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(item, inner[0]) for item in value)
    if origin is not None:
        return isinstance(value, Mapping if issubclass(origin, Mapping) else origin)
    if hint is NoneType:
        return value is None
    if type(value) is LocalDay:
        return hint is datetime
    return type(value) is hint  # exactly: an instant is a date to isinstance, and a flag a number
