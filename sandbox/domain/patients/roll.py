"""The organisation's patient list: lists and look-ups for a demographic query.

Source: *QRY A19*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012701
"""

from __future__ import annotations

from datetime import datetime

from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.national_ids import national_type_of
from sandbox.domain.record import Sender
from sandbox.model import LocalIdType, Patient
from sandbox.store import Store


def members(store: Store, sender: Sender) -> list[Patient]:
    """Return the active patients of the sender's organisation, or of the team whose grant limits the sender.

    They are ordered by last update and public id, so that a list can continue after any row.
    """
    if sender.limited_to_team:
        patients = store.find(Patient, "team", sender.limited_to_team)
    else:
        patients = store.find(Patient, "organisation", sender.organisation.id)
    # roll.members: patients who registered themselves and are not activated are left out.
    return sorted((patient for patient in patients if patient.activated), key=update_order)


def _is_member(sender: Sender, patient: Patient) -> bool:
    """Return whether `members` contains the patient, without reading the others."""
    of_sender = (
        sender.limited_to_team in patient.teams
        if sender.limited_to_team
        else sender.organisation.id in patient.organisations
    )
    return of_sender and patient.activated


def update_order(patient: Patient) -> tuple[datetime, str]:
    return patient.updated_at, patient.id


def identified(patients: list[Patient]) -> list[Patient]:
    return [patient for patient in patients if patient.identifiers]


def changed_between(patients: list[Patient], start: datetime | None, end: datetime | None) -> list[Patient]:
    """Return the patients updated at or after `start` and before `end`."""
    return [p for p in patients if (not start or p.updated_at >= start) and (not end or p.updated_at < end)]


def by_number(store: Store, sender: Sender, value: str, *, local: bool) -> list[Patient]:
    """Return the sender's patients with a number: a local one, or the national one of the organisation's country."""
    if local:
        types = [kind.id for kind in store.find(LocalIdType, "organisation", sender.organisation.id)]
    else:
        types = [national_type_of(sender.organisation.country)]
    matches = {p.id: p for kind in types for p in with_number(store, kind, value)}
    return sorted((patient for patient in matches.values() if _is_member(sender, patient)), key=update_order)
