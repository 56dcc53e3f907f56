"""The privacy label of a new data point: exactly one, which people may change later.

Sources: *Privacy labels - labs*, http://dev.patientsknowbest.com/home/privacy-labels/labs ; *Coded data support*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363209241
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from sandbox.base import datafiles
from sandbox.base.ids import aggregated_id
from sandbox.domain.data_points.kinds import KINDS
from sandbox.domain.record import Record, Sender
from sandbox.errors import NotFound
from sandbox.model import Aggregate, ChosenLabel, Code, DataPoint, Patient
from sandbox.store.schema import TABLES

GENERAL = "GENERAL_HEALTH"


def of_service(sender: Sender, hospital_service: str, order_service: str = "", test: Code | None = None) -> str:
    """Choose by hospital service, then order service, in the organisation's code sets; by source team; by test."""
    sets = sender.organisation.code_sets
    # The order of the fact labels.by-service: services, team, test, general.
    for code, entries in ((hospital_service, sets.hospital_services), (order_service, sets.order_services)):
        entry = entries.get(code)
        if entry is not None and entry.label:
            return entry.label
    if sender.team is not None:
        return sender.team.default_label
    return of_code(sender, test) if test is not None else GENERAL


def of_code(sender: Sender, code: Code) -> str:
    """Choose by a code in exactly `Read V2` or `SNOMED CT`; otherwise the general label."""
    own = sender.organisation.code_sets.semantic_labels
    mapping = semantic_labels() if own is None else own
    # The systems are compared exactly: labels.by-code names Read V2 and SNOMED CT in this spelling only.
    for system, value in ((code.system, code.code), (code.alternate_system, code.alternate_code)):
        codes = mapping.get(system)
        if codes and codes.get(value):
            return codes[value]
    return GENERAL


@cache
def semantic_labels() -> Mapping[str, Mapping[str, str]]:
    """Coding system → code → label, for organisations without their own mapping."""
    rows = datafiles.read_toml(datafiles.beside_code("domain/data_points/semantic_labels.toml"))
    systems: dict[str, dict[str, str]] = {}
    for row in rows["code"]:
        systems.setdefault(row["system"], {})[row["code"]] = row["label"]
    return systems


def relabel(record: Record, point: DataPoint, label: str) -> DataPoint:
    """Change the label of a data point. That does not count as new data: the time of storage stays."""
    # `persisted_at` stays, so that a search for new data does not return the data point again.
    changed = replace(point, label=label)
    record.store.put(changed)
    return changed


def relabel_copy(record: Record, patient: Patient, id_: str, label: str) -> ChosenLabel:
    """Label a Customer's resource about the patient, by its `Type/id` in Aggregated; nothing is sent to its source.

    Raises NotFound for a resource that is not about this patient.
    """
    aggregate = record.store.find_one(Aggregate, id_)
    about = [owner for owner in aggregate.patients if owner != id_] if aggregate is not None else []
    if f"Patient/{aggregated_id(patient.id)}" not in about and not _is_own(record, patient, id_):
        raise NotFound(f"This record has no data point {id_}")
    chosen = ChosenLabel(id=id_, label=label, at=record.now())
    record.store.put(chosen)
    return chosen


def _is_own(record: Record, patient: Patient, id_: str) -> bool:
    """Return whether the id belongs to a data point of the record, mapped or not."""
    name = id_.rpartition("/")[2]
    kinds = (kind for kind in KINDS.values() if "aggregated_id" in TABLES[kind][1])
    return any(
        point.patient == patient.id for kind in kinds for point in record.store.find(kind, "aggregated_id", name)
    )
