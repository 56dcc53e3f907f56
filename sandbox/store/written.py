"""Convert entities to JSON and back, exactly, by the types of their attributes; default values are omitted.

World files contain entities as objects that name their kind (`render_entity`); rows of a data file are the same
objects as text, beside a column with the kind (`render_row`).
"""

from __future__ import annotations

import base64
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from sandbox.base.clock import PRECISIONS, LocalDay
from sandbox.base.quick_init import changed
from sandbox.errors import Invalid
from sandbox.model.resource import Resource, SearchValue
from sandbox.store.schema import KINDS
from sandbox.store.search_values import UnreadValues, parse_search_values, render_search_values

Json = dict[str, Any]
Convert = Callable[[Any], Any]
VALUES = Mapping[str, tuple[SearchValue, ...]]
KIND = "entity"
"""The key that names the entity."""
_DAY = re.compile(r"(?P<day>.{4,10})(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)(?::(?P<seconds>\d\d))?", re.ASCII)
"""A day, month or year as XML Schema writes it: `2026-06-12+01:00`; offsets of the nineteenth century have seconds."""
_TIME = len("T00:00:00")
# Entities are frozen values, which cannot contain themselves.
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def _write_time(at: datetime) -> str:
    if type(at) is not LocalDay:
        return at.isoformat()
    length = next(length for length, precision in PRECISIONS.items() if precision == at.precision)
    day = at.date().isoformat()
    return day[:length] + at.isoformat()[len(day) + _TIME :]


def _time(text: str) -> datetime:
    """Parse an instant, or a day, month or year with its offset. Raises ValueError."""
    day = None if "T" in text else _DAY.fullmatch(text)
    if day is None:
        return datetime.fromisoformat(text)
    ahead = timedelta(hours=int(day["hours"]), minutes=int(day["minutes"]), seconds=int(day["seconds"] or 0))
    return LocalDay.parse(day["day"], timezone(-ahead if day["sign"] == "-" else ahead))


_SIMPLE: dict[Any, tuple[Convert, Convert]] = {
    datetime: (_write_time, _time),
    date: (date.isoformat, date.fromisoformat),
    Decimal: (str, Decimal),
    bytes: (lambda value: base64.b64encode(value).decode(), base64.b64decode),
    VALUES: (render_search_values, parse_search_values),
}
"""Types without a JSON form → functions to write and read them."""


def render_entity(entity: Any) -> Json:
    """Return an entity as a JSON object with its kind."""
    return {KIND: type(entity).__name__, **_object(entity)}


def parse_entity(row: Json) -> Any:
    """Parse an entity that `render_entity` produced. Raises Invalid with the part that cannot be read."""
    return _parse(row.get(KIND), {name: value for name, value in row.items() if name != KIND})


def render_row(entity: Any) -> str:
    """Return an entity as the text of a row, without its kind."""
    return _encode(_object(entity))


def parse_row(kind: str, text: str, texts: dict[str, str] | None = None) -> Any:
    """Parse an entity that `render_row` produced. `texts` are those of resources that were read before: a resource and
    its newest version share theirs, as in the store that wrote them. Raises Invalid with the part that cannot be read.
    """
    try:
        row = json.loads(text)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{kind} cannot be read: {error}") from error
    if not isinstance(row, dict):
        raise Invalid(f"{kind} cannot be read: not an object")
    return _parse(kind, row, texts)


def render_fields(value: Any) -> Json:
    """Return a value of any other dataclass as a JSON object."""
    return _object(value)


def parse_fields(kind: Any, row: Json) -> Any:
    """Parse a value that `render_fields` produced. Raises KeyError, TypeError, ValueError."""
    return _made(kind, row)


def _parse(kind: Any, row: Json, texts: dict[str, str] | None = None) -> Any:
    entity_type = KINDS.get(kind) if isinstance(kind, str) else None
    if entity_type is None:
        raise Invalid(f"unknown entity {kind!r}")
    try:
        if texts is not None and issubclass(entity_type, Resource) and "text" in row:
            row["text"] = texts.setdefault(row["text"], row["text"])
        entity = _made(entity_type, row)
        values: Any = entity.values if isinstance(entity, Resource) else None
        return changed(entity, values=values.values_of(entity.text)) if type(values) is UnreadValues else entity
    except (ArithmeticError, AttributeError, KeyError, LookupError, TypeError, ValueError) as error:
        raise Invalid(f"{kind} {row.get('id', '')} cannot be read: {error}") from error


def _object(value: Any) -> Json:
    attributes = {}
    kind: Any = type(value)
    for name, default, write in _writers(kind):
        attribute = getattr(value, name)
        # Most attributes of an entity have their default: without them a row has a fraction of the size.
        if attribute != default:
            attributes[name] = attribute if write is None or attribute is None else write(attribute)
    return attributes


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _writers(kind: Any) -> tuple[tuple[str, Any, Convert | None], ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        # Search values equal nothing here: to compare them would extract those that are still unread.
        (field.name, None if hints[field.name] == VALUES else _default(field), _converter(hints[field.name], 0))
        for field in fields(kind)
    )


def _made(kind: Any, row: Json) -> Any:
    readers = _readers(kind)
    values = {}
    for name, value in row.items():
        read = readers[name]
        values[name] = value if read is None or value is None else read(value)
    return kind(**values)


@cache
def _readers(kind: Any) -> dict[str, Convert | None]:
    hints = typing.get_type_hints(kind)
    return {field.name: _converter(hints[field.name], 1) for field in fields(kind)}


def _converter(hint: Any, way: int) -> Convert | None:
    """Return a function for values of an annotated type other than None: a writer (0) or a reader (1).

    None stands for a type that is the same in JSON.
    """
    if hint in _SIMPLE:
        return _SIMPLE[hint][way]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _converter(next(member for member in inner if member is not type(None)), way)
    if origin is tuple:
        return _items(_converter(inner[0], way), (list, tuple)[way])
    if origin is not None and issubclass(origin, Mapping):
        convert = _converter(inner[1], way)
        return dict if convert is None else lambda value: {key: convert(item) for key, item in value.items()}
    if is_dataclass(hint):
        return _object if way == 0 else lambda value: _made(hint, value)
    return None


def _items(convert: Convert | None, collect: Any) -> Convert:
    return collect if convert is None else lambda value: collect(map(convert, value))
