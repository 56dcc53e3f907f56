"""Measurements and their types as JSON: the newest keys, and those of v1.

Sources: *Frequently requested APIs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ; a published
client of 2014 for v1
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sandbox.domain.measurement_types import LOINC, DefinedType, type_of
from sandbox.ids import legacy_id
from sandbox.model import Measurement
from sandbox.rest.objects import shapes
from sandbox.rest.values import decimal, instant

Json = dict[str, Any]


def defined_type(one: DefinedType) -> Json:
    """A type, its second value null where it has one only."""
    code, code2 = one.first.loinc or None, one.second.loinc if one.second else None
    return {
        "name": one.name,
        "apiRef": one.api_ref,
        "category": one.category,
        "unit": one.units[0],
        "unit2": one.units[0] if one.second else None,
        "code": code,
        "code2": code2,
        "codeSystem": LOINC if code else None,
        "codeSystem2": LOINC if code2 else None,
        "codeSystemName": "LOINC" if code else None,
        "codeSystemName2": "LOINC" if code2 else None,
        "codeOfWhole": one.whole or None,
    }


def one(measurement: Measurement) -> Json:
    found = type_of(measurement.code)
    value, value2 = _values(measurement)
    return {
        "id": legacy_id(measurement.id),
        "apiRef": found[0].api_ref if found else None,
        "takenDate": instant(measurement.at),
        "enteredDate": instant(measurement.entered_at),
        "value": value,
        "value2": value2,
        "valueNonNumeric": measurement.text or None,
        "unit": measurement.unit or None,
        "privacyLabel": measurement.label,
    }


def by_type(measurements: Iterable[Measurement]) -> list[Json]:
    """As v1 gives them: each type once, with its values newest first."""
    types: dict[str, Json] = {}
    for measurement in newest_first(measurements):
        shown = _type_v1(measurement)
        value, value2 = _values(measurement)
        types.setdefault(shown["id"], shown)["history"].append(
            {
                "id": legacy_id(measurement.id),
                "takenDate": instant(measurement.at),
                "enteredDate": instant(measurement.entered_at),
                "value": measurement.text or value,
                "value2": value2,
            }
        )
    return list(types.values())


def newest_first(measurements: Iterable[Measurement]) -> list[Measurement]:
    return sorted(measurements, key=lambda m: (m.at, m.entered_at, m.id), reverse=True)


def upper_snake(api_ref: str) -> str:
    """`BLOOD_PRESSURE` for `bloodPressure`."""
    return re.sub(r"(?=[A-Z])", "_", api_ref).upper()


def _values(measurement: Measurement) -> tuple[str | None, str | None]:
    """Both values; a second half that was sent alone stands in the second place."""
    found = type_of(measurement.code)
    value, value2 = decimal(measurement.value), decimal(measurement.value2)
    return (None, value) if found and found[1] else (value, value2)


def _type_v1(measurement: Measurement) -> Json:
    """The type of a measurement; a coded one that PKB does not define goes by what its sender said."""
    found, code = type_of(measurement.code), measurement.code
    if found:
        shown = {**defined_type(found[0]), "id": legacy_id(found[0].api_ref)}
    else:
        coded = {"code": code.code or None, "codeSystem": code.system or None, "codeSystemName": code.system or None}
        named = {"name": code.text or code.code, "unit": measurement.unit or None}
        shown = {"id": legacy_id(f"{code.system}/{code.code or code.text}"), **coded, **named}
    return {key.name: [] if key.many else shown.get(key.name) for key in shapes()["measurement-v1"].keys}
