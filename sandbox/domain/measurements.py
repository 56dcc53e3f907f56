"""Measurements: which coded observations are some, and how they are filed and deleted.

Source: *FAQs - Sending Measurements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4780261394
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.domain.measurement_types import by_snomed, snomed_spellings
from sandbox.domain.record import Record, Sender
from sandbox.model import Code, Measurement, MeasurementType, Patient

Types = Mapping[str, MeasurementType]


def types(sender: Sender) -> Types:
    """The measurement types of the sender's organisation by their SNOMED CT codes."""
    own = sender.organisation.code_sets.measurements
    return by_snomed() if own is None else own


def recognised(known: Types, code: Code, unit: str) -> bool:
    """Whether a coded observation is a measurement: coding system, code and unit must all fit."""
    type_ = known.get(code.code)
    return type_ is not None and unit in type_.units and code.system.casefold() in snomed_spellings()


def paired(known: Types, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The measurements with each second half (diastolic) joined to its first, when both were taken at one time."""
    joined, taken = [], set()
    for one in found:
        pair = known[one["code"].code].pair
        other = next((n for n, two in enumerate(found) if pair and n not in taken and _fits(one, two, pair)), None)
        if other is None:
            joined.append(one)
        else:
            taken.add(other)
            joined.append({**one, "code2": found[other]["code"], "value2": found[other]["value"]})
    second = [found[n] for n in taken]
    return [one for one in joined if not any(one is two for two in second)]


def _fits(one: dict[str, Any], two: dict[str, Any], pair: str) -> bool:
    both_numbers = one["value"] is not None and two["value"] is not None
    return bool(both_numbers and two["code"].code == pair and one["at"] == two["at"] and one["unit"] == two["unit"])


def file(record: Record, patient: Patient, sender: Sender, sent: Sequence[Measurement]) -> None:
    """Adds measurements; what is stored already under the same order number is not added again."""
    if not sent:
        return
    stored = {_said(one) for one in _known(record, patient, sender, sent[0].external_id) if not one.deleted}
    for one in sent:
        if not one.external_id or _said(one) not in stored:
            record.store.put(one)


def delete(record: Record, patient: Patient, sender: Sender, order_number: str) -> None:
    """Marks all measurements of a filler order number deleted."""
    for one in _known(record, patient, sender, order_number):
        if not one.deleted:
            record.store.put(replace(one, deleted=True, persisted_at=record.now()))


def _known(record: Record, patient: Patient, sender: Sender, order_number: str) -> list[Measurement]:
    return record.store.find(Measurement, "external", (patient.id, sender.organisation.id, order_number))


def _said(one: Measurement) -> tuple[Any, ...]:
    return one.code.code, one.at, one.value, one.value2, one.text, one.unit
