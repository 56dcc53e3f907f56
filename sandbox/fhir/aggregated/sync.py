"""PKB's own data in Aggregated: mapped when it is first asked for after a change, patient by patient.

What arrives by HL7 or Custom REST costs nothing here until somebody reads it. What a Customer sends is taken in when it
arrives, or `aggregation_delay` seconds later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sandbox.fhir.aggregated import mapped, visibility
from sandbox.fhir.aggregated.identity import PKB
from sandbox.fhir.aggregated.render import render
from sandbox.fhir.aggregated.settle import settle
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
    """Brings changes upstream through to Aggregated, with the records that Customers' Patients belong to."""
    _settle(store, changes, (), now)


def relink(store: Store, numbers: Iterable[str], now: datetime) -> None:
    """Looks again at the Customers' Patients with some numbers, which a record has gained or lost."""
    _settle(store, {}, numbers, now)


def _settle(store: Store, changes: dict[str, Upstream | None], numbers: Iterable[str], now: datetime) -> None:
    targets = settle(store, changes, now, numbers)
    render(store, targets | settle(store, _records_of(store, targets), now), now)


def _records_of(store: Store, targets: Iterable[str]) -> dict[str, Upstream | None]:
    """The rows, where they are missing, of the records of PKB behind some aggregated Patients."""
    records = [one for target in targets if target.startswith("Patient/") for one in visibility.records(store, target)]
    ids = (f"{PKB}/Patient/{one.id}" for one in records)
    return {id_: mapped.administrative(store, *id_.split("/")[1:]) for id_ in ids if not store.find_one(Upstream, id_)}


def map_organisations(store: Store, now: datetime) -> None:
    """Every organisation with its teams, users and questionnaires, those that changed since the last time."""
    for organisation in store.all(Organisation):
        if store.find_one(Mapped, organisation.id) is None:
            rows = (mapped.administrative(store, type_, id_) for type_, id_ in _of(store, organisation))
            take_in(store, {row.id: row for row in rows if row is not None}, now)
            store.put(Mapped(id=organisation.id))


def _of(store: Store, organisation: Organisation) -> list[tuple[str, str]]:
    teams = store.find(Team, "organisation", organisation.id)
    users = store.find(User, "organisation", organisation.id)
    questionnaires = store.find(Questionnaire, "organisation", organisation.id)
    return [
        ("Organization", organisation.id),
        *(("Organization", team.id) for team in teams),
        *(("Practitioner", user.id) for user in users),
        *(("Questionnaire", one.id) for one in questionnaires),
    ]


def map_patients(store: Store, patients: Iterable[Patient], now: datetime, *, all_mapped: bool) -> None:
    """The records of some patients, those that changed since the last time, or that time has changed."""
    changes: dict[str, Upstream | None] = {}
    for who in patients:
        if not fresh(store, who.id, now):
            earlier = [row.id for row in store.find(Upstream, "patient", f"{PKB}/Patient/{who.id}")]
            changes |= dict.fromkeys(row for row in earlier if row.startswith(f"{PKB}/"))
            changes |= mapped.rows_of(store, who, now, all_mapped=all_mapped)
            store.put(Mapped(id=who.id, until=mapped.ends_after(store, who, now)))
    if changes:
        take_in(store, changes, now)


def note_all(store: Store, id_: str, patients: Iterable[Patient]) -> None:
    """Notes that all of some records are mapped, unless one of them has changed in between."""
    found = [store.find_one(Mapped, who.id) for who in patients]
    if None not in found:
        ends = [one.until for one in found if one is not None and one.until is not None]
        store.put(Mapped(id=id_, until=min(ends, default=None)))


def fresh(store: Store, id_: str, now: datetime) -> bool:
    found = store.find_one(Mapped, id_)
    return found is not None and (found.until is None or found.until > now)


def drop(store: Store, id_: str) -> None:
    """Notes that something has to be mapped again, by the id of its `Mapped`."""
    found = store.find_one(Mapped, id_)
    if found is not None:
        store.delete(found)
