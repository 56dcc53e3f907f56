"""Measurements that people and devices enter, of the types that PKB defines.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.domain.data_points import entry
from sandbox.domain.data_points.measurement_types import Types, convert, stored_codes, types_of
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import EnteredAs, Measurement, MeasurementType, Patient, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementReading:
    """The values of an entered measurement, of a PKB-defined type: a number, two for some types, or a text."""

    type: MeasurementType
    at: datetime
    value: Decimal | None = None
    value2: Decimal | None = None
    text: str = ""


def enter(record: Record, patient: Patient, source: Source, label: str, reading: MeasurementReading) -> Measurement:
    """Store a measurement. Raises Invalid if the values do not fit the type."""
    return entry.enter(record, Measurement, patient, source, label, _attributes_of(types_of(record.store), reading))


def change(record: Record, before: Measurement, label: str, reading: MeasurementReading) -> Measurement:
    """Replace the values of a measurement, which keeps id, source and time of entry."""
    return entry.change(record, before, label, _attributes_of(types_of(record.store), reading))


def remove(record: Record, measurement: Measurement) -> None:
    """Mark a measurement as deleted; it stays stored but is not shown."""
    record.store.put(replace(measurement, deleted=True, persisted_at=record.now()))


def _attributes_of(types: Types, reading: MeasurementReading) -> dict[str, Any]:
    """Build the measurement to store; an input form is converted to its parent type."""
    form = reading.type
    _check_values(form, reading)
    type_ = types.by_ref[form.parent] if form.parent else form
    code, code2 = stored_codes(type_)
    value, value2 = reading.value, reading.value2
    entered_as: EnteredAs | None = None
    if form.conversion is not None and value is not None:
        entered_as = EnteredAs(type=form.api_ref, value=value, value2=value2, unit=form.unit, unit2=form.unit2)
        # Stone and pounds, or feet and inches, become one value of the type.
        value, value2 = convert(form.conversion, entered_as), None
    return {
        "type": type_.api_ref,
        "code": code,
        "code2": code2 if value2 is not None else None,
        "at": reading.at,
        "value": value,
        "value2": value2,
        "unit": type_.unit,
        "text": reading.text,
        "entered_as": entered_as,
    }


def _check_values(type_: MeasurementType, reading: MeasurementReading) -> None:
    if (reading.value is None) == (not reading.text):
        raise _wrong(f"{type_.api_ref} needs a value, either a number or a text")
    if not type_.is_double and reading.value2 is not None:
        raise _wrong(f"{type_.api_ref} accepts only one value")
    if type_.is_double and (reading.value is None) != (reading.value2 is None):
        raise _wrong(f"{type_.api_ref} needs two values")


def _wrong(text: str) -> Invalid:
    return Invalid(
        text, rule="measurements.values", instead="the number of values that the list of types shows for this type"
    )
