"""PKB's own data in Aggregated: mapped on the first read after a change, patient by patient.

HL7 and Custom REST messages cost nothing here until data is read. A Customer's resource is aggregated when it
arrives, or `aggregation_delay` seconds later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sandbox.fhir.aggregated import mapped
from sandbox.fhir.aggregated.kinds import PATIENT
from sandbox.fhir.aggregated.linking.identity import PKB
from sandbox.fhir.aggregated.linking.settle import settle_rows
from sandbox.fhir.aggregated.output import visibility
from sandbox.fhir.aggregated.output.render import render_targets
from sandbox.model import (
    Mapped,
    Organisation,
    Patient,
    Questionnaire,
    Team,
    Upstream,
    User,
)
from sandbox.store import Store


def take_in(store: Store, changes: dict[str, Upstream | None], now: datetime) -> None:
    """Pass changes on to Aggregated, with the records to which Customers' Patients belong."""
    _aggregate(store, changes, (), now)


def relink(store: Store, numbers: Iterable[str], now: datetime) -> None:
    """Link again the Customers' Patients with numbers that a record has gained or lost."""
    _aggregate(store, {}, numbers, now)


def _aggregate(store: Store, changes: dict[str, Upstream | None], numbers: Iterable[str], now: datetime) -> None:
    targets = settle_rows(store, changes, now, numbers)
    records = _records_of(store, targets)
    # A Customer's Patient merges with its PKB record, so the record is mapped even before its first read.
    render_targets(store, targets | settle_rows(store, records, now) if records else targets, now)


def _records_of(store: Store, targets: Iterable[str]) -> dict[str, Upstream | None]:
    """Return the missing rows of the PKB records behind some aggregated Patients."""
    records = [
        record for target in targets if target.startswith("Patient/") for record in visibility.records(store, target)
    ]
    ids = (f"{PKB}/Patient/{record.id}" for record in records)
    return {id_: mapped.administrative(store, *id_.split("/")[1:]) for id_ in ids if not store.find_one(Upstream, id_)}


def map_organisations(store: Store, now: datetime) -> None:
    """Map every organisation with its teams, users and questionnaires that has changed since the last time."""
    for organisation in store.all(Organisation):
        if store.find_one(Mapped, organisation.id) is None:
            rows = (mapped.administrative(store, type_, id_) for type_, id_ in _entities_of(store, organisation))
            take_in(store, {row.id: row for row in rows if row is not None}, now)
            store.put(Mapped(id=organisation.id))


def _entities_of(store: Store, organisation: Organisation) -> list[tuple[str, str]]:
    teams = store.find(Team, "organisation", organisation.id)
    users = store.find(User, "organisation", organisation.id)
    questionnaires = store.find(Questionnaire, "organisation", organisation.id)
    return [
        ("Organization", organisation.id),
        *(("Organization", team.id) for team in teams),
        *(("Practitioner", user.id) for user in users),
        *(("Questionnaire", questionnaire.id) for questionnaire in questionnaires),
    ]


Part = tuple[str, str]
"""A part of a record that is mapped separately: the patient's public id, or `all/<organisation>`, and an R4 type."""


def map_patients(store: Store, patients: Iterable[Patient], now: datetime, *, all_mapped: bool) -> None:
    """Map the changed data of some patients' records."""
    map_parts(
        store, [(patient.id, type_) for patient in patients for type_ in sorted(mapped.shown_types(all_mapped))], now
    )


def map_parts(store: Store, parts: Iterable[Part], now: datetime) -> None:
    """Map the parts of records that have changed, or that time has changed."""
    changes: dict[str, Upstream | None] = {}
    for part in dict.fromkeys((record, needed) for record, type_ in parts for needed in mapped.parts(type_)):
        patient = store.find_one(Patient, part[0])
        if patient is not None and not is_mapped(store, part, now):
            changes |= _changes(store, patient, part[1], now)
            store.put(Mapped(id="/".join(part), until=mapped.ends_after(store, patient, part[1], now)))
    if changes:
        take_in(store, changes, now)


def _changes(store: Store, patient: Patient, type_: str, now: datetime) -> dict[str, Upstream | None]:
    """Return the rows of a part, None for those that no longer exist."""
    earlier = (row.id for row in store.find(Upstream, "patient", f"{PKB}/{PATIENT}/{patient.id}"))
    # All earlier rows first: those that are mapped again overwrite their entry, the rest are deletions.
    gone = dict.fromkeys(row for row in earlier if row.startswith(f"{PKB}/{type_}/"))
    return {**gone, **mapped.rows_of(store, patient, type_, now)}


def note_all(store: Store, everyone: str, type_: str, patients: Iterable[Patient]) -> None:
    """Record that a type is mapped completely for some records, unless one has changed in between."""
    entries = [store.find_one(Mapped, f"{patient.id}/{type_}") for patient in patients]
    if None not in entries:
        ends = [entry.until for entry in entries if entry is not None and entry.until is not None]
        store.put(Mapped(id=f"{everyone}/{type_}", until=min(ends, default=None)))


def is_mapped(store: Store, part: Part, now: datetime) -> bool:
    """Return whether a part is mapped as it is now."""
    entry = store.find_one(Mapped, "/".join(part))
    return entry is not None and (entry.until is None or entry.until > now)


def end_of(store: Store, part: Part) -> datetime | None:
    """Return the time at which a part has to be mapped again; None for never, and for one that is not mapped."""
    entry = store.find_one(Mapped, "/".join(part))
    return None if entry is None else entry.until


def mark_unmapped(store: Store, part: tuple[str, ...]) -> None:
    """Record that a part, or an organisation, has to be mapped again."""
    entry = store.find_one(Mapped, "/".join(part))
    if entry is not None:
        store.delete(entry)


def mark_all_unmapped(store: Store, whose: str) -> None:
    """The same for all parts of a record, or of all records of an organisation."""
    for entry in store.find(Mapped, "whose", whose):
        store.delete(entry)
