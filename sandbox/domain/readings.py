"""Measurements that people and devices enter, of the types that PKB defines.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.domain import entry
from sandbox.domain.measurement_types import DefinedType
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import Measurement, Patient, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a person or a device read, of a type that PKB defines: a number, two for a type of two, or a text."""

    type: DefinedType
    at: datetime
    value: Decimal | None = None
    value2: Decimal | None = None
    text: str = ""


def enter(record: Record, patient: Patient, source: Source, label: str, reading: Reading) -> Measurement:
    """Stores what was read. Raises Invalid when the values are not those of the type."""
    return entry.enter(record, Measurement, patient, source, label, _said_by(reading))


def change(record: Record, before: Measurement, label: str, reading: Reading) -> Measurement:
    """Replaces what was read, and keeps id, source and time of entry."""
    return entry.change(record, before, label, _said_by(reading))


def remove(record: Record, measurement: Measurement) -> None:
    """Out of sight, and kept."""
    record.store.put(replace(measurement, deleted=True, persisted_at=record.now()))


def _said_by(reading: Reading) -> dict[str, Any]:
    type_, second = reading.type, reading.type.second
    if (reading.value is None) == (not reading.text):
        raise _wrong(f"{type_.api_ref} needs a value, either a number or a text")
    if second is None and reading.value2 is not None:
        raise _wrong(f"{type_.api_ref} has no second value")
    if second is not None and (reading.value is None) != (reading.value2 is None):
        raise _wrong(f"{type_.api_ref} needs two values")
    return {
        "code": type_.first.code(type_.api_ref),
        "code2": second.code(type_.api_ref) if second and reading.value2 is not None else None,
        "at": reading.at,
        "value": reading.value,
        "value2": reading.value2,
        "unit": type_.units[0],
        "text": reading.text,
    }


def _wrong(text: str) -> Invalid:
    return Invalid(text, rule="measurements.values", instead="the values of the type, as the list of types has them")
