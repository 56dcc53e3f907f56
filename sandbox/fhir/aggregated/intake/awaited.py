"""Find the resources of a world's start that an answer lacks, because Aggregated has not taken them in yet.

For each look-up of a search this module returns the waiting resources that could add matches or change them: those
about some records, or all, which None means.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Iterable, Iterator

from sandbox.fhir.aggregated.intake import unmapped
from sandbox.fhir.aggregated.kinds import PATIENT, POINTS
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID, keys_of_record, record_target
from sandbox.fhir.base.identifiers import identifier_systems
from sandbox.fhir.search.definitions import parameters_of
from sandbox.model import Aggregate, Organisation, Patient, Resource, Upstream, Waiting
from sandbox.store import Store

Entries = Collection[Waiting]


def of_records(store: Store, records: Iterable[str]) -> Entries:
    """Return the waiting resources about some records, by their public ids."""
    entries: dict[str, Waiting] = {}
    for id_ in records:
        patient = store.find_one(Patient, id_)
        if patient is not None:
            entries |= {entry.id: entry for entry in _about(store, patient)}
    return entries.values()


def _about(store: Store, record: Patient) -> Iterator[Waiting]:
    """Iterate over the waiting Patients of a record, and the waiting resources that refer to any of its Patients."""
    keys = [(PATIENT, key) for key in keys_of_record(record)]
    waiting = [entry for key in keys for entry in store.find(Waiting, "key", key)]
    rows = {row.id for key in keys for row in store.find(Upstream, "key", key)}
    linked = store.ids(Upstream, "target", record_target(record.id))
    yield from waiting
    for id_ in {*(entry.id for entry in waiting), *rows, *linked}:
        yield from store.find(Waiting, "patient", id_)


def with_value(store: Store, type_: str, parameter: str, key: Hashable) -> Entries | None:
    """Return the waiting resources that could have a value of a search parameter."""
    if not isinstance(key, str):
        return None
    if type_ == PATIENT and parameter == "identifier":
        return _numbered(store, key)
    definition = parameters_of("r4", type_).get(parameter.partition(":")[0])
    if definition is None or definition.type != "reference":
        return None
    records = store.ids(Patient, "aggregated_id", key.rpartition("/")[2])
    return of_records(store, records) if records else None


def _numbered(store: Store, value: str) -> Entries:
    """Return the waiting Patients with an identifier of a value, and the waiting resources about records with it."""
    records = unmapped.with_value(store, PATIENT, "identifier", value) or ()
    entries = {entry.id: entry for entry in of_records(store, records)}
    for system in {*identifier_systems().values(), PUBLIC_ID[0]}:
        # Public ids are stored in lower case; national numbers as they are.
        for spelling in {value, value.lower()}:
            entries |= {entry.id: entry for entry in store.find(Waiting, "key", (PATIENT, f"{system}|{spelling}"))}
    return (entries | _with_text(store, value)).values()


def _with_text(store: Store, value: str) -> dict[str, Waiting]:
    """Return the Patients that contain a text anywhere: to compare texts is faster than to read what they mean."""
    text = json.dumps(value, ensure_ascii=False)
    entries: dict[str, Waiting] = {}
    for organisation in store.all(Organisation):
        for endpoint in organisation.endpoints:
            for id_ in store.ids(Resource, "type", (endpoint.name, PATIENT)):
                resource = store.find_one(Resource, id_)
                entry = store.find_one(Waiting, id_) if resource is not None and text in resource.text else None
                if entry is not None:
                    entries[entry.id] = entry
    return entries


def of_resource(store: Store, type_: str, id_: str, *, is_stored: bool) -> Entries | None:
    """Return the waiting resources that could become an aggregated resource, or change it."""
    records = list(unmapped.records_behind(store, type_, id_))
    if type_ == PATIENT and records:
        return of_records(store, records)
    # Any other resource is aggregated together with everything to which it refers.
    return () if is_stored or (type_ in POINTS and records) else None


def may_show(store: Store, name: str) -> bool:
    """Return whether a waiting resource could make a resource, `Type/id`, visible by referring to it."""
    aggregate = store.find_one(Aggregate, name)
    return aggregate is not None and not aggregate.patients
