"""Measurements: which coded observations are some, and how they are filed and deleted.

Source: *FAQs - Sending Measurements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4780261394
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.domain.measurement_types import Coded, in_type, snomed_spellings, types_of
from sandbox.domain.notifications import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Code, EnteredAs, Measurement, Patient

Known = Mapping[str, tuple[Coded, ...]]
"""SNOMED CT code → what it stands for, in one unit or another."""
Values = dict[str, Any]


def known(record: Record, sender: Sender) -> Known:
    """The codes that are measurements when this sender sends them: those of the world, or the organisation's own."""
    own = sender.organisation.code_sets.measurements
    if own is None:
        return types_of(record.store).by_code
    return {code: (Coded(units=entry.units, pair=entry.pair),) for code, entry in own.items()}


def recognised(codes: Known, code: Code, unit: str, service: Collection[str]) -> Coded | None:
    """What a coded observation measures, where coding system, code and unit fit; None for a laboratory result.

    `service` are the codes of the panel: they tell the position of a blood pressure.
    """
    if code.system.casefold() not in snomed_spellings():
        return None
    fitting = [one for one in codes.get(code.code, ()) if unit in one.units]
    named = [one for one in fitting if one.whole and one.whole in service]
    return next(iter(named or fitting), None)


def missed_by(codes: Known, code: Code, unit: str) -> str:
    """Why a code of a measurement is a laboratory result: its coding system or its unit; empty for any other code."""
    if code.code not in codes:
        return ""
    if code.system.casefold() not in snomed_spellings():
        return f"coding system {code.system or 'missing'} is not SNOMED CT"
    units = (word for one in codes[code.code] for word in one.units)
    return f"unit {unit or 'missing'} is not one of: {', '.join(dict.fromkeys(word or 'none' for word in units))}"


def paired(measured: Sequence[Values]) -> list[Values]:
    """The measurements with each second half (diastolic) joined to its first, when both were taken at one time.

    `coded` says of each what it measures.
    """
    seconds: dict[Hashable, list[int]] = defaultdict(list)
    for place, one in reversed(list(enumerate(measured))):
        if one["value"] is not None:
            seconds[_half(one, one["code"].code)].append(place)
    joined: dict[int, int] = {}
    ends: set[int] = set()
    for place, one in enumerate(measured):
        waiting = seconds[_half(one, one["coded"].pair)] if one["coded"].pair else []
        while waiting and waiting[-1] in joined:
            waiting.pop()
        if waiting and waiting[-1] != place and place not in ends and one["value"] is not None:
            joined[place] = waiting.pop()
            ends.add(joined[place])
    return [_whole(one, measured, joined.get(place)) for place, one in enumerate(measured) if place not in ends]


def _half(one: Values, code: str) -> Hashable:
    """What the two halves of a measurement share, for a half with a code."""
    type_ = one["coded"].type
    return code, one["at"], type_.api_ref if type_ else one["unit"]


def _whole(one: Values, measured: Sequence[Values], second: int | None) -> Values:
    """A measurement as it is stored: with its second half, and in the unit of its type."""
    other = measured[second] if second is not None else None
    values = {key: value for key, value in one.items() if key != "coded"}
    values |= {"code2": other["code"], "value2": other["value"]} if other else {}
    coded: Coded = one["coded"]
    if coded.type is None:
        return values
    values["type"] = coded.type.api_ref
    if coded.conversion is not None and one["value"] is not None:
        entered = EnteredAs(type=coded.form, value=one["value"], unit=one["unit"])
        values["value"], _, values["entered_as"] = in_type(coded.type, coded.conversion, entered)
        values["unit"] = coded.type.unit
    return values


def file(record: Record, patient: Patient, sender: Sender, sent: Sequence[Measurement]) -> int:
    """Adds measurements; what is stored already under the same order number is not: returns how many those are."""
    if not sent:
        return 0
    stored = {_said(one) for one in _known(record, patient, sender, sent[0].external_id) if not one.deleted}
    new = [one for one in sent if not one.external_id or _said(one) not in stored]
    for one in new:
        record.store.put(one)
    if new:
        notify_of(record, "measurement", new[0])
    return len(sent) - len(new)


def delete(record: Record, patient: Patient, sender: Sender, order_number: str) -> int:
    """Marks all measurements of a filler order number deleted. Returns how many there were."""
    current = [one for one in _known(record, patient, sender, order_number) if not one.deleted]
    for one in current:
        record.store.put(replace(one, deleted=True, persisted_at=record.now()))
    return len(current)


def _known(record: Record, patient: Patient, sender: Sender, order_number: str) -> list[Measurement]:
    return record.store.find(Measurement, "external", (patient.id, sender.organisation.id, order_number))


def _said(one: Measurement) -> tuple[Any, ...]:
    return one.code.code, one.at, one.value, one.value2, one.text, one.unit
