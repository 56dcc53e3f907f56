"""Check that values in a world file have the types of their attributes, for example that a date is not a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from sandbox.base.clock import LocalDay
from sandbox.errors import Invalid


def check_types(entity: Any) -> None:
    """Raise Invalid for the first attribute of the entity, or of a part of it, whose value has another type."""
    for name, fits in _attributes(entity.__class__):
        value = getattr(entity, name)
        if not fits(value):
            where = f"{type(entity).__name__} {getattr(entity, 'id', '')}".strip()
            raise Invalid(f"{where}: {name.rstrip('_')} cannot be {value!r}")
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and not isinstance(part, type):
                check_types(part)


Fits = Callable[[Any], bool]
"""Returns whether a value has a type."""


@cache
def _attributes(kind: Any) -> tuple[tuple[str, Fits], ...]:
    """Return the attributes of an entity, with a check of their values."""
    hints = get_type_hints(kind)
    return tuple((attribute.name, _fits(hints[attribute.name])) for attribute in fields(kind))


def _fits(hint: Any) -> Fits:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin in (Union, UnionType):
        members = [_fits(member) for member in inner]
        return lambda value: any(fits(value) for fits in members)
    if origin is tuple:
        item_fits = _fits(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(item_fits, value))
    if origin is not None:
        kind = Mapping if issubclass(origin, Mapping) else origin
        return lambda value: isinstance(value, kind)
    if hint is NoneType:
        return lambda value: value is None
    # Exactly: an instant is a date to isinstance, and a flag a number.
    allowed = (datetime, LocalDay) if hint is datetime else (hint,)
    return lambda value: type(value) in allowed
