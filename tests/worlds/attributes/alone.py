"""One attribute of a stored entity with another value, and what of a door's answer is different then."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.store import Store
from sandbox.worlds.attributes.table import AttributeTable

OTHER_IDS = {
    "Organisation": ("771c41ae-3218-4492-a2a3-f5b7aae8ec3d", "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"),
    "Team": ("b1fca6de-884d-4803-b760-ebd7f8cac475", "ab37b23d-c031-4ced-86aa-2691c368e777"),
    "Patient": ("9fc8c651-1a1d-47c4-b0c2-1f724601ecf4", "4c86625f-13d7-423c-93e9-d58574a12dec"),
    "User": ("f1640ff8-d059-403c-b0d5-295ffc6e627d", "de0bf099-fc0a-4da4-959c-b16cd9e05bca"),
    "Partner": ("77053f32-df07-4122-80fb-c1a327d11e45", "e38a5c24-c757-4011-9154-ee45212d7bd5"),
    "LocalIdType": ("00b6e67a-7a2a-4c2b-8180-60a7da1de808", "3bfbac5d-14e9-48cb-b7b0-6962ea6b0dae"),
}
"""Kind of entity → ids of two of the default world."""
WORDS = {"questions.type": "TEXT", "entered_as.type": "weight", "type": "weight", "notifications": "time-sensitive"}
"""Attribute that takes no word but its own constants → one of them."""
_FILTER = re.compile(r"\([^)]*\)")


def change(store: Store, table: AttributeTable, entity: Any, path: str) -> bool:
    """Stores the entity with another value of one attribute; false where it has none to change."""
    first, _, rest = path.partition(".")
    if first in table.follows:
        ids = getattr(entity, first)
        file = store.find_one(table.follows[first], ids[0] if isinstance(ids, tuple) and ids else ids or None)
        if file is None:
            return False
        store.put(replace(file, **{rest: _other(table, path, getattr(file, rest))}))
        return True
    changed = _changed(table, path, entity, path.split("."))
    if changed is None:
        return False
    store.put(changed)
    return True


def _changed(table: AttributeTable, path: str, value: Any, names: list[str]) -> Any:
    """The value with another leaf; of a list, in its first item; None where there is nothing to change."""
    if not names:
        return _other(table, path, value)
    if isinstance(value, tuple):
        return (_changed(table, path, value[0], names), *value[1:]) if value else None
    if not is_dataclass(value):
        return None
    part = _changed(table, path, getattr(value, names[0]), names[1:])
    return None if part is None else replace(value, **{names[0]: part})  # type: ignore[type-var]


def _other(table: AttributeTable, path: str, value: Any) -> Any:
    attribute = table.attributes[path]
    if attribute.names:
        ids = [id_ for name in attribute.names for id_ in OTHER_IDS[name]]
        other = next(id_ for id_ in ids if id_ != value)
        return (other,) if isinstance(value, tuple) else other
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime | date):
        return value + timedelta(days=1)
    if isinstance(value, Decimal | int):
        return value + 1
    if isinstance(value, bytes):
        return value + b" more"
    if isinstance(value, tuple):
        return tuple(value[1:]) if attribute.values else (*value, "More")
    if isinstance(value, str) and value:
        if path in WORDS and table.name in ("measurement", "questionnaire", "patient"):
            return WORDS[path]
        more = "1" if value.replace(".", "").isdigit() else "X"
        return next((word for word in attribute.values if word != value), f"{value}{more}")
    return None


def different(before: Any, after: Any, at: str = "") -> Iterator[str]:
    """The paths, without positions, of the values that are not the same in both."""
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before or {}, after or {}
        if not (isinstance(old, dict) and isinstance(new, dict)):
            yield at
            return
        for name in dict.fromkeys((*old, *new)):
            yield from different(old.get(name), new.get(name), f"{at}.{name}".lstrip("."))
    elif isinstance(before, list) or isinstance(after, list):
        old, new = _keyed(before or []), _keyed(after or [])
        for key in dict.fromkeys((*old, *new)):
            yield from different(old.get(key), new.get(key), at)
    elif before != after:
        yield at


def _keyed(items: list[Any]) -> dict[Any, Any]:
    """The items of a list by what tells them apart, the url or PKB's own system, else by their positions."""
    keys = [_key(item) if isinstance(item, dict) else "" for item in items]
    return {(key or position): item for position, (key, item) in enumerate(zip(keys, items, strict=True))}


def _key(item: dict[str, Any]) -> str:
    system = str(item.get("system", ""))
    return str(item.get("url", "")) or (system if "/codesystem/" in system else "")


def unexplained(places: list[str], paths: set[str]) -> list[str]:
    """The paths that are no place, nor stand beside one: what says of which system it is, or how it reads."""
    elements = {_FILTER.sub("", place.lstrip()) for place in places}
    elements |= {element.partition(".")[2] for element in elements}
    beside = ("url", "system", "display", "type", "status")
    return sorted(
        path
        for path in paths - elements - {"meta.versionId"}
        if path.rpartition(".")[2] not in beside
        or not any(element.startswith(f"{path.rpartition('.')[0]}.") for element in elements)
    )
