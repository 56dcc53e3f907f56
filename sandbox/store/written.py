"""Convert entities to JSON and back, by the types of their attributes; default values are omitted."""

from __future__ import annotations

import base64
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from sandbox.clock import PRECISIONS, LocalDay
from sandbox.errors import Invalid
from sandbox.store.schema import TABLES

Json = dict[str, Any]
KIND = "entity"
"""The key that names the entity."""
_DAY = re.compile(r"(?P<day>.{4,10})(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)", re.ASCII)
"""A day, month or year as XML Schema writes it: `2026-06-12+01:00`."""


def _write_day(at: LocalDay) -> str:
    length = next(length for length, precision in PRECISIONS.items() if precision == at.precision)
    return at.date().isoformat()[:length] + at.isoformat()[-6:]


def _time(text: str) -> datetime:
    """Parse an instant, or a day, month or year with its offset. Raises ValueError."""
    day = None if "T" in text else _DAY.fullmatch(text)
    if day is None:
        return datetime.fromisoformat(text)
    ahead = timedelta(hours=int(day["hours"]), minutes=int(day["minutes"]))
    return LocalDay.parse(day["day"], timezone(-ahead if day["sign"] == "-" else ahead))


_SIMPLE: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    datetime: (datetime.isoformat, _time),
    LocalDay: (_write_day, _time),
    date: (date.isoformat, date.fromisoformat),
    Decimal: (str, Decimal),
    bytes: (lambda value: base64.b64encode(value).decode(), base64.b64decode),
}
"""Types without a JSON form → functions to write and read them."""


def render_entity(entity: Any) -> Json:
    """Return an entity as a JSON object with its kind."""
    return {KIND: type(entity).__name__, **_object(entity)}


def parse_entity(row: Json) -> Any:
    """Parse an entity that `render_entity` produced. Raises Invalid with the part that cannot be read."""
    kind = {kind.__name__: kind for kind in TABLES}.get(row.get(KIND, ""))
    if kind is None:
        raise Invalid(f"unknown entity {row.get(KIND)!r}")
    try:
        return _made(kind, {name: value for name, value in row.items() if name != KIND})
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Invalid(f"{kind.__name__} {row.get('id', '')} cannot be read: {error}") from error


def _object(value: Any) -> Json:
    attributes = {}
    for field in fields(value):
        attribute = getattr(value, field.name)
        if attribute != _default(field):
            attributes[field.name] = _shown(attribute)
    return attributes


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _shown(value: Any) -> Any:
    if type(value) in _SIMPLE:
        return _SIMPLE[type(value)][0](value)
    if is_dataclass(value):
        return _object(value)
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    return value


def _made(kind: Any, row: Json) -> Any:
    readers = _readers(kind)
    return kind(**{name: readers[name](value) for name, value in row.items()})


@cache
def _readers(kind: Any) -> dict[str, Callable[[Any], Any]]:
    hints = typing.get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return a reader for values of an annotated type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        read_one = _reader(next(member for member in inner if member is not type(None)))
        return lambda value: None if value is None else read_one(value)
    if origin is tuple:
        read_item = _reader(inner[0])
        return lambda value: tuple(read_item(item) for item in value)
    if origin is not None and issubclass(origin, Mapping):
        read_value = _reader(inner[1])
        return lambda value: {key: read_value(item) for key, item in value.items()}
    if hint in _SIMPLE:
        return _SIMPLE[hint][1]
    if is_dataclass(hint):
        return lambda value: _made(hint, value)
    return lambda value: value
