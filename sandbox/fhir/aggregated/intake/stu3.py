"""Convert STU3 to R4, by the rows of `stu3_to_r4.toml`.

Source: *FHIR FAQs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3918954514/FHIR+FAQs (PKB converts STU3
feeds).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from sandbox.base import datafiles

Json = dict[str, Any]
Rows = dict[str, Json]

KINDS: dict[str, Callable[[Any, Json], Any]] = {
    "annotation": lambda value, row: [{"text": value}],
    "code": lambda value, row: next((c["code"] for c in value.get("coding", ()) if "code" in c), None),
    "coding concept": lambda value, row: {"coding": [value]},
    "concept": lambda value, row: {"coding": [{"system": row["system"], "code": value}]},
    "device name": lambda value, row: [{"name": value, "type": "udi-label-name"}],
    "device version": lambda value, row: [{"value": value}],
    "list": lambda value, row: [value],
    "string": lambda value, row: str(value).lower(),
    "text concept": lambda value, row: {"text": value},
    "uri": lambda value, row: value.get("reference"),
    "uri list": lambda value, row: [value["reference"]] if "reference" in value else [],
}
"""Name in a row's `as` → conversion of a value; None removes the element. `first` is not among them."""

_REFERENCE = re.compile(
    r"(?P<before>(?:.*/)?)(?P<type>[A-Z][A-Za-z]*)(?P<after>/[A-Za-z0-9\-.]{1,64}(?:/_history/[^/\s]*)?)"
)


@cache
def _table() -> Json:
    table: Json = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/intake/stu3_to_r4.toml"))
    return table


def known_types() -> frozenset[str]:
    """The STU3 types that can be converted."""
    return frozenset(_table()["element"])


def type_in_r4(type_: str) -> str:
    """Return R4's name of an STU3 type."""
    name: str = _table()["types"].get(type_, type_)
    return name


def to_r4(resource: Json) -> Json:
    """Convert an STU3 resource to R4 in a copy. Raises KeyError for a type without rows."""
    type_ = resource["resourceType"]
    conversion = _Conversion(_table()["element"][type_])
    converted = conversion.object(resource, "", None)
    converted["resourceType"] = type_in_r4(type_)
    for row in _table()["default"].get(type_, ()):
        _default(converted, row["at"].split(".") if row["at"] != "." else [], row)
    return converted


class _Conversion:
    """One resource during conversion: rows by path, and the result so far."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.root: Json = {}

    def object(self, value: Json, path: str, parent: Json | None) -> Json:
        """Convert an object; its rows may place parts elsewhere in the result."""
        target = self.root if parent is None else {}
        beside: Json = {}
        for name, content in value.items():
            row = self.rows.get(_path(path, name.removeprefix("_")))
            if name.startswith("_"):
                _place_extension(target, name, row, content)
            elif row is None:
                _place_filled(target, name, self.value(content, _path(path, name), target))
            else:
                # Two STU3 elements can become the same R4 element: the row says which of them gives way.
                if not any(other in value for other in row.get("unless", ())):
                    beside.update(self.element(name, content, row, path, target, parent))
        target.update(beside)
        return target

    def value(self, value: Any, path: str, parent: Json) -> Any:
        """Convert a value and everything in it, including references."""
        if isinstance(value, list):
            return [self.value(item, path, parent) for item in value]
        if isinstance(value, dict):
            # A contained resource has a type of its own, and with it other rows.
            if path == "contained" and value.get("resourceType") in known_types():
                return to_r4(value)
            converted = self.object(value, path, parent)
            if isinstance(converted.get("reference"), str):
                converted["reference"] = _reference(converted["reference"])
            return converted
        return value

    def element(self, name: str, content: Any, row: Json, path: str, target: Json, parent: Json | None) -> Json:
        """Place an element as its row states, and return the siblings that the row sets."""
        if "drop" in row:
            return {}
        if "sets" in row and "to" not in row:
            return dict(row["sets"].get(_word(content), {}))
        for name_, part in _parts(name, content, row):
            converted = _made(self.value(part, _path(path, name), target), row)
            to = row.get("to", name_)
            where = {"/": self.root, "^": parent if parent is not None else self.root}.get(to[0], target)
            if row.get("as") == "first" and isinstance(converted, list):
                converted, rest = converted[0], converted[1:]
                if rest and "rest" in row:
                    _place(target, row["rest"], rest)
            _place_filled(where, to.lstrip("/^"), converted)
        return dict(row.get("sets", {}).get(_word(content), {}))


def _path(path: str, name: str) -> str:
    """Return the path of an element; items within items, and within answers, have the path of an item."""
    if name == "item" and path.split(".")[-1] in ("item", "answer"):
        return path.removesuffix(".answer")
    return f"{path}.{name}" if path else name


def _parts(name: str, content: Any, row: Json) -> list[tuple[str, Any]]:
    """Return the value as the row selects it: a member of each object, sorted by a code if specified."""
    if "by" in row:
        return [
            (row["into"][item[row["by"]]], [item[row["member"]]])
            for item in content
            if item.get(row["by"]) in row["into"]
        ]
    if "member" in row:
        member = row["member"]
        if isinstance(content, list):
            return [(name, [item[member] for item in content if member in item])]
        return [(name, content.get(member))]
    return [(name, content)]


def _made(value: Any, row: Json) -> Any:
    """Apply the row's `only`, `values` and `as` to a value."""
    if "only" in row and not str(value.get("reference", "")).rpartition("/")[0].endswith(row["only"]):
        return None
    if "values" in row:
        value = row["values"].get(value, value) or None
    kind = KINDS.get(row.get("as", ""))
    if kind is None or value is None:
        return value
    if isinstance(value, list) and row["as"] != "list":
        return [converted for item in value if (converted := kind(item, row)) is not None]
    return kind(value, row)


def _place_filled(target: Json, path: str, value: Any) -> None:
    """Place a value as `_place` does, unless conversion has removed all its content."""
    if value not in (None, [], {}, [{}]):
        _place(target, path, value)


def _place(target: Json, path: str, value: Any) -> None:
    """Put a value at a path: lists grow, existing values stay."""
    name, _, rest = path.partition(".")
    if rest and name.endswith("[]"):
        _place(target.setdefault(name[:-2], [{}])[0], rest, value)
    elif rest:
        _place(target.setdefault(name, {}), rest, value)
    elif isinstance(value, list) and isinstance(target.get(name), list):
        target[name] = target[name] + value
    else:
        target.setdefault(name, value)


def _place_extension(target: Json, name: str, row: Json | None, content: Any) -> None:
    """Move the sibling of a primitive (`_birthDate`) with it, if it stays a primitive at the same level."""
    if row is None:
        target[name] = content
    elif row.keys() <= {"to", "values"} and re.fullmatch(r"\w+", row.get("to", "x")):
        target[f"_{row.get('to', name[1:])}"] = content


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reference(reference: str) -> str:
    """Replace the type name in a reference by R4's name."""
    match = _REFERENCE.fullmatch(reference)
    renamed = _table()["references"].get(match["type"]) if match else None
    return f"{match['before']}{renamed}{match['after']}" if match and renamed else reference


def _default(target: Any, path: list[str], row: Json) -> None:
    """Fill an element that R4 requires, in each object at the path."""
    if isinstance(target, list):
        for item in target:
            _default(item, path, row)
    elif path:
        if path[0] in target:
            _default(target[path[0]], path[1:], row)
            if path[0] == "item":
                _default(target["item"], path, row)
    elif row["element"] not in target and row.get("unless") not in target and row.get("when", "") in ("", *target):
        target[row["element"]] = row["value"]
