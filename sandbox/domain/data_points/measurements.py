"""Measurements: recognise them among coded observations, store and delete them.

Source: *FAQs - Sending Measurements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4780261394
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.base.pauses import with_pauses
from sandbox.domain.data_points.measurement_types import CodedMeasurement, convert, snomed_spellings, types_of
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Code, EnteredAs, Measurement, Patient

Codes = Mapping[str, tuple[CodedMeasurement, ...]]
"""SNOMED CT code → its meanings in different units."""
Values = dict[str, Any]


def codes_of(record: Record, sender: Sender) -> Codes:
    """Return the codes that are measurements for this sender: those of the world, or the organisation's own."""
    own = sender.organisation.code_sets.measurements
    if own is None:
        return types_of(record.store).by_code
    return {code: (CodedMeasurement(units=entry.units, pair=entry.pair),) for code, entry in own.items()}


def recognise(codes: Codes, code: Code, unit: str, service: Collection[str]) -> CodedMeasurement | None:
    """Return the measurement of a coded observation whose coding system, code and unit match; None for a laboratory
    result.

    `service` contains the codes of the panel, which specify the position of a blood pressure.
    """
    if code.system.casefold() not in snomed_spellings():
        return None
    fitting = [coded for coded in codes.get(code.code, ()) if unit in coded.units]
    # Several types share the codes of a blood pressure; only the code of the panel distinguishes lying and standing.
    positions = [coded for coded in fitting if coded.whole and coded.whole in service]
    return next(iter(positions or fitting), None)


def missed_by(codes: Codes, code: Code, unit: str) -> str:
    """Explain why a measurement's code is a laboratory result: its coding system or its unit; empty for any other
    code.
    """
    if code.code not in codes:
        return ""
    if code.system.casefold() not in snomed_spellings():
        return f"coding system {code.system or 'missing'} is not SNOMED CT"
    units = (word or "none" for coded in codes[code.code] for word in coded.units)
    return f"unit {unit or 'missing'} is not one of: {', '.join(dict.fromkeys(units))}"


def join_pairs(readings: Sequence[Values]) -> list[Values]:
    """Join each second value (diastolic) to the first value at the same time.

    `coded` of a reading is its meaning.
    """
    seconds: dict[Hashable, list[int]] = defaultdict(list)
    # Backwards, so that `pop` takes the earliest second value still unpaired.
    for place, reading in reversed(list(enumerate(readings))):
        if reading["value"] is not None:
            seconds[_key(reading, reading["code"].code)].append(place)
    joined: dict[int, int] = {}
    ends: set[int] = set()
    for place, reading in enumerate(readings):
        pair = reading["coded"].pair
        waiting = seconds[_key(reading, pair)] if pair else []
        # A value that already has a second value cannot be one itself.
        while waiting and waiting[-1] in joined:
            waiting.pop()
        if waiting and waiting[-1] != place and place not in ends and reading["value"] is not None:
            joined[place] = waiting.pop()
            ends.add(joined[place])
    return [_joined(readings, place, joined.get(place)) for place in range(len(readings)) if place not in ends]


def _key(reading: Values, code: str) -> Hashable:
    """Return the key that both values of a measurement share, for a value with a code."""
    type_ = reading["coded"].type
    return code, reading["at"], type_.api_ref if type_ else reading["unit"]


def _joined(readings: Sequence[Values], first: int, second: int | None) -> Values:
    """Build the measurement to store: with its second value, and in the unit of its type."""
    values = dict(readings[first])
    coded: CodedMeasurement = values.pop("coded")
    if second is not None:
        values |= {"code2": readings[second]["code"], "value2": readings[second]["value"]}
    if coded.type is None:
        return values
    values["type"] = coded.type.api_ref
    if coded.conversion is not None and values["value"] is not None:
        entered = EnteredAs(type=coded.form, value=values["value"], unit=values["unit"])
        values |= {"value": convert(coded.conversion, entered), "unit": coded.type.unit, "entered_as": entered}
    return values


def file(record: Record, patient: Patient, sender: Sender, incoming: Sequence[Measurement]) -> int:
    """Add measurements, except those already stored under the same order number. Returns the number of exceptions."""
    if not incoming:
        return 0
    stored = {
        _content_key(measurement)
        for measurement in _stored_measurements(record, patient, sender, incoming[0].external_id)
        if not measurement.deleted
    }
    # Without an order number a repetition cannot be distinguished from a second measurement, so it is stored.
    new = [
        measurement
        for measurement in incoming
        if not measurement.external_id or _content_key(measurement) not in stored
    ]
    for measurement in with_pauses(new):
        record.store.put(measurement)
    if new:
        notify_of(record, "measurement", new[0])
    return len(incoming) - len(new)


def delete(record: Record, patient: Patient, sender: Sender, order_number: str) -> int:
    """Mark all measurements of a filler order number as deleted. Returns their number."""
    current = [
        measurement
        for measurement in _stored_measurements(record, patient, sender, order_number)
        if not measurement.deleted
    ]
    for measurement in with_pauses(current):
        record.store.put(replace(measurement, deleted=True, persisted_at=record.now()))
    return len(current)


def _stored_measurements(record: Record, patient: Patient, sender: Sender, order_number: str) -> list[Measurement]:
    return record.store.find(Measurement, "external", (patient.id, sender.organisation.id, order_number))


def _content_key(measurement: Measurement) -> tuple[Any, ...]:
    return (
        measurement.code.code,
        measurement.at,
        measurement.value,
        measurement.value2,
        measurement.text,
        measurement.unit,
    )
