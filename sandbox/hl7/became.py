"""What the fields of a message become in PKB's record, by the tables of attributes."""

from __future__ import annotations

from functools import lru_cache

from sandbox.worlds.attributes.table import tables


@lru_cache(64)
def attributes_of(profile: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """Field (`PID-8`) or component (`SCH-11.4`) → the kinds and attributes that a message of a profile sets with it:
    `("appointment", "start")`.
    """
    by_field: dict[str, dict[tuple[str, str], None]] = {}
    for table in tables().values():
        for attribute in table.attributes.values():
            for field in attribute.hl7:
                if field.is_in(profile):
                    by_field.setdefault(field.field, {})[(table.name, attribute.label)] = None
    return {field: tuple(attributes) for field, attributes in by_field.items()}
