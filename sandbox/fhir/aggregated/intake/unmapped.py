"""Find the PKB records that the indexes may lack, because they are not mapped or have changed since.

A search reads aggregated resources through indexes. For each look-up this module returns the records that could add
matches: by their numbers, ids or references, or any record.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable

from sandbox.fhir.aggregated.kinds import PATIENT, POINTS
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.fhir.base.identifiers import national_types
from sandbox.fhir.search.definitions import parameters_of
from sandbox.model import Patient, QuestionnaireRequest, Waiting
from sandbox.store import Store

OF_PATIENT = frozenset({"patient", "subject"})
"""The parameters by which every data point refers to the patient."""

REFERENCES = {
    ("Appointment", "actor"): "patient",
    ("QuestionnaireResponse", "source"): "patient",
    ("QuestionnaireResponse", "based-on"): "point",
    ("QuestionnaireResponse", "questionnaire"): "any",
    ("ServiceRequest", "requester"): "any",
    ("Communication", "sender"): "any",
    ("Communication", "recipient"): "any",
}
"""The other reference parameters of data points: their targets are the own patient, another point, or any resource."""


def records_behind(store: Store, type_: str, id_: str) -> Iterable[str]:
    """Return the public id of the record behind an aggregated resource, if there is one."""
    if type_ == PATIENT:
        return store.ids(Patient, "aggregated_id", id_)
    kind = POINTS.get(type_)
    return [point.patient for point in store.find(kind, "aggregated_id", id_)] if kind is not None else ()


def with_value(store: Store, type_: str, parameter: str, key: Hashable) -> Iterable[str] | None:
    """Return the records whose resources of a type may have a value; None if any record may."""
    if type_ == PATIENT and parameter == "identifier":
        return _numbered(store, key)
    if parameter == "identifier":
        return _known_by(store, type_, key)
    definition = parameters_of("r4", type_).get(parameter.partition(":")[0])
    if definition is None or definition.type != "reference":
        return None
    return _referring(store, type_, parameter, key)


def _numbered(store: Store, key: Hashable) -> Iterable[str] | None:
    """Find records by a number, `999…`, or by its system, `(system,)`."""
    if isinstance(key, str):
        return {*store.ids(Patient, "number", key), *([key.lower()] if store.find_one(Patient, key.lower()) else [])}
    (system,) = key if isinstance(key, tuple) else ("",)
    # Every record has a public id.
    if system in PUBLIC_ID:
        return None
    # The system of a local number is the id of its type (`mapped/patient.py`).
    return store.ids(Patient, "numbered_by", national_types().get(system, str(system).removeprefix("urn:uuid:")))


def _known_by(store: Store, type_: str, key: Hashable) -> Iterable[str] | None:
    """Find records by the sender's own id of a data point, or by a caller's identifier of a request."""
    kind = POINTS[type_]
    if type_ in ("QuestionnaireResponse", "ServiceRequest"):
        return {request.patient for request in store.find(QuestionnaireRequest, "named", key)}
    return {point.patient for point in store.find(kind, "sent_id", key)} if isinstance(key, str) else ()


def _referring(store: Store, type_: str, parameter: str, key: Hashable) -> Iterable[str] | None:
    """Find records by a reference: patients refer to nothing, data points to their own patient and a few others."""
    if type_ == PATIENT or not isinstance(key, str):
        return ()
    led_to = "patient" if parameter in OF_PATIENT else REFERENCES.get((type_, parameter), "")
    if led_to == "patient":
        return store.ids(Patient, "aggregated_id", key)
    if led_to == "point":
        return records_behind(store, "ServiceRequest", key)
    return None if led_to else ()


class Needs:
    """The parts of records that a response lacks: types of some records, and types of all records.

    `waiting` are resources of the world's start that it lacks; with `all_waiting` all of them.
    """

    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], None] = {}
        self.everyone: set[str] = set()
        self.waiting: dict[str, Waiting] = {}
        self.all_waiting = False

    def await_(self, entries: Iterable[Waiting] | None) -> None:
        """Add waiting resources, or all if that is None."""
        if entries is None:
            self.all_waiting = True
        else:
            self.waiting.update({entry.id: entry for entry in entries})

    def add(self, type_: str, records: Collection[str] | None) -> None:
        """Add a type of some records, or of all records if that is None."""
        if records is None:
            self.everyone.add(type_)
        else:
            self.parts.update(dict.fromkeys((record, type_) for record in records))
