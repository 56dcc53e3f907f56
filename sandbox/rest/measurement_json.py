"""Measurements and their types as JSON: the newest keys, and those of v1.

Sources: *Frequently requested APIs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ; a published
client of 2014 for v1
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.domain.data_points.measurement_types import Types, spellings
from sandbox.model import Measurement, MeasurementType
from sandbox.rest.objects import shapes
from sandbox.rest.values import decimal, instant

Json = dict[str, Any]


def render_type(type_: MeasurementType) -> Json:
    """Return a type; a missing second value is null; the keys of the second system repeat the first."""
    system, system_name = type_.code_system or None, type_.code_system_name or None
    return {
        "id": int(type_.id),
        "name": type_.name,
        "apiRef": type_.api_ref,
        "category": type_.category,
        "unit": type_.unit,
        "unit2": type_.unit2 or None,
        "code": type_.code or None,
        "code2": type_.code2 or None,
        "codeSystem": system,
        "codeSystem2": system,
        "codeSystemName": system_name,
        "codeSystemName2": system_name,
        "codeOfWhole": type_.code_of_whole or None,
    }


def render(types: Types, measurement: Measurement) -> Json:
    value, value2 = _values(types, measurement)
    return {
        "id": legacy_id(measurement.id),
        "apiRef": api_ref_of(types, measurement),
        "takenDate": instant(measurement.at),
        "enteredDate": instant(measurement.entered_at),
        "value": value,
        "value2": value2,
        "valueNonNumeric": measurement.text or None,
        "unit": _unit(types, measurement),
        "privacyLabel": measurement.label,
    }


def render_by_type(types: Types, measurements: Iterable[Measurement]) -> list[Json]:
    """Return measurements as v1 does: each type once, with its values newest first."""
    histories: dict[int, Json] = {}
    for measurement in newest_first(measurements):
        type_ = _type_v1(types, measurement)
        value, value2 = _values(types, measurement)
        histories.setdefault(type_["id"], type_)["history"].append(
            {
                "id": legacy_id(measurement.id),
                "takenDate": instant(measurement.at),
                "enteredDate": instant(measurement.entered_at),
                # v1 has no key for a value that is not a number.
                "value": measurement.text or value,
                "value2": value2,
            }
        )
    return list(histories.values())


def api_ref_of(types: Types, measurement: Measurement) -> str | None:
    """Return the apiRef of a measurement's type; None for a coded measurement that PKB does not define."""
    match = types.of(measurement)
    return match[0].api_ref if match else None


def newest_first(measurements: Iterable[Measurement]) -> list[Measurement]:
    return sorted(measurements, key=lambda m: (m.at, m.entered_at, m.id), reverse=True)


def _values(types: Types, measurement: Measurement) -> tuple[str | None, str | None]:
    """Return both values; a second value that was sent alone is in the second place."""
    _, is_second = types.of(measurement) or (None, False)
    value, value2 = decimal(measurement.value), decimal(measurement.value2)
    return (None, value) if is_second else (value, value2)


def _unit(types: Types, measurement: Measurement) -> str | None:
    """Return the unit as PKB writes it, whatever the sender's spelling."""
    type_, is_second = types.of(measurement) or (None, False)
    if type_ is not None:
        unit = type_.unit2 if is_second else type_.unit
        if measurement.unit in spellings(unit):
            return unit or None
    return measurement.unit or None


def _type_v1(types: Types, measurement: Measurement) -> Json:
    """Return the type of a measurement; a coded measurement that PKB does not define is described by the sender's
    words.
    """
    match, code = types.of(measurement), measurement.code
    if match:
        values = render_type(match[0])
    else:
        coded = {"code": code.code or None, "codeSystem": code.system or None, "codeSystemName": code.system or None}
        named = {"name": code.text or code.code, "unit": measurement.unit or None}
        values = {"id": int(legacy_id(f"{code.system}/{code.code or code.text}")), **coded, **named}
    return {key.name: [] if key.many else values.get(key.name) for key in shapes()["measurement-v1"].keys}
