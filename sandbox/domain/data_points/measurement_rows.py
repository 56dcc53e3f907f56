"""Parse types of measurement: PKB's own from `measurements.toml`, others from a world file.

The keys are those of the list of types in Custom REST; only PKB's input forms have `parent` and `conversion`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.errors import Invalid
from sandbox.model import Conversion, MeasurementType

Row = dict[str, Any]
SNOMED_OID, SNOMED_NAME = "2.16.840.1.113883.6.96", "SCT"
"""The code system that Custom REST returns if a row has none."""
TEXTS = {
    "apiRef": "api_ref",
    "name": "name",
    "category": "category",
    "unit": "unit",
    "unit2": "unit2",
    "code": "code",
    "code2": "code2",
    "codeOfWhole": "code_of_whole",
    "codeSystem": "code_system",
    "codeSystemName": "code_system_name",
}
"""Key → attribute."""
REPEATED = {"codeSystem2": "codeSystem", "codeSystemName2": "codeSystemName"}
"""Keys that repeat another key, as in a response of Custom REST."""
REQUIRED = ("apiRef", "name")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)


def measurement_type(row: Row, where: str) -> MeasurementType:
    """Parse a type of PKB's."""
    form = {"parent": row["parent"], "conversion": conversion(row)} if "parent" in row else {}
    return MeasurementType(**_attributes(row, where), **form)


def world_types(rows: Any) -> Iterator[MeasurementType]:
    """Parse the types that a world file adds. Raises Invalid with the row and the key."""
    if not isinstance(rows, list):
        raise Invalid("measurement_types must be a list of tables: [[measurement_types]]")
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        type_ = _world_type(row, f"measurement_types[{number}]")
        for key, value in (("apiRef", type_.api_ref), ("id", type_.id)):
            if f"{key} {value}" in seen:
                raise Invalid(f"measurement_types[{number}].{key}: {value} is used twice")
            seen.add(f"{key} {value}")
        yield type_


def _world_type(row: Any, where: str) -> MeasurementType:
    if not isinstance(row, dict):
        raise Invalid(f"{where} must be a table, not {row!r}")
    allowed = ("id", *TEXTS, *REPEATED)
    unknown = sorted(set(row) - set(allowed))
    if unknown:
        raise Invalid(f"{where}: unknown key {unknown[0]!r}; allowed: {', '.join(allowed)}")
    for key in TEXTS:
        if not isinstance(row.get(key, ""), str):
            raise Invalid(f"{where}.{key} must be text, not {row[key]!r}")
    for key in REQUIRED:
        if not row.get(key, "").strip():
            raise Invalid(f"{where}.{key} is missing")
    for key, first in REPEATED.items():
        if row.get(key, row.get(first)) != row.get(first):
            raise Invalid(f"{where}.{key} must repeat {first}")
    if not _WORD.fullmatch(row["apiRef"]):
        raise Invalid(f"{where}.apiRef must be letters and digits, not {row['apiRef']!r}")
    if "id" in row and (type(row["id"]) is not int or row["id"] < 0):
        raise Invalid(f"{where}.id must be a number, not {row['id']!r}")
    return MeasurementType(**_attributes(row, where))


def conversion(row: Row) -> Conversion | None:
    """Parse the conversion of an input form to its parent."""
    if "conversion" not in row:
        return None
    return Conversion(**{key: Decimal(number) for key, number in row["conversion"].items()})


def _attributes(row: Row, where: str) -> Row:
    texts = {attribute: row[key].strip() for key, attribute in TEXTS.items() if key in row}
    if texts.get("code2") and not texts.get("code"):
        raise Invalid(f"{where}.code is required when code2 is present")
    has_code = texts.get("code") or texts.get("code_of_whole")
    if has_code and not (texts.get("code_system") or texts.get("code_system_name")):
        texts |= {"code_system": SNOMED_OID, "code_system_name": SNOMED_NAME}
    # Derived from the apiRef, so that a type without a number has the same one in every run.
    return {"id": str(row["id"] if "id" in row else legacy_id(texts["api_ref"])), **texts}
