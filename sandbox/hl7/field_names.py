"""The names of segments' fields and components, for people: those of the message's facts file, else HL7's own."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.hl7.profiles import FieldRow, Profile


def name_of(profile: Profile | None, segment: str, field: int, component: int = 0) -> str:
    """Return the name of a field, or of a component of it (from 1); empty if neither PKB nor HL7 2.4 has one."""
    rows = profile.by_field.get(segment, {}).get(field, []) if profile else []
    row = _row_of(rows, component) if component else None
    if row is not None:
        return _capitalised(row.name)
    name = _field_name(rows, segment, field)
    part = _component_name(f"{segment}-{field}", component) if component else ""
    return _capitalised(f"{name}: {part}" if name and part else name or part)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _row_of(rows: list[FieldRow], component: int) -> FieldRow | None:
    """Return the row of a component, where the components of the field have rows of their own."""
    is_split = len(rows) > 1 or any(row.component > 1 for row in rows)
    return next((row for row in rows if row.component == component), None) if is_split else None


def _field_name(rows: list[FieldRow], segment: str, field: int) -> str:
    if len(rows) == 1 and rows[0].component == 1:
        return rows[0].name
    names = _names()["segments"].get(segment, ())
    return names[field - 1] if 0 < field <= len(names) else ""


def _component_name(field: str, component: int) -> str:
    tables = _names()
    names = tables["components"].get(tables["types"].get(field, ""), ())
    return names[component - 1] if component <= len(names) else f"component {component}"


@cache
def _names() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("hl7/field_names.toml"))
