"""The client, the patient and the values of a run, chosen from its world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sandbox.base.clock import HOME
from sandbox.conformance.profile import IntegrationProfile
from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.national_ids import problem
from sandbox.domain.questionnaires import can_be_sent
from sandbox.errors import Conflict, Invalid
from sandbox.model import Credential, Grant, Organisation, Patient, Questionnaire, User
from sandbox.store import Store
from sandbox.worlds.workspace import Workspace

NHS = "NHS"
NEW_NUMBERS = 10
"""Unused NHS numbers that a run has for new patients."""
STEMS = 1_000_000
"""Numbers of the range for tests, without their check digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part in a run."""

    credential: Credential
    organisation: Organisation
    patient: Patient


def choose_cast(workspace: Workspace, profile: IntegrationProfile, client: str | None) -> Cast:
    """Choose the client of a run, by default the first of the profile's kind, and a patient for it.

    Raises Invalid for a client of another kind, Conflict if the world lacks somebody.
    """
    store = workspace.store
    of_kind = [c for c in store.find(Credential, "kind", profile.credential) if not c.revoked]
    if client is not None and client not in [credential.id for credential in of_kind]:
        kinds = ", ".join(credential.id for credential in of_kind[:20]) or "none"
        raise Invalid(f"client must be the id of a {profile.credential}: {kinds}")
    credential = next((c for c in of_kind if client in (None, c.id)), None)
    if credential is None:
        raise Conflict(f"This world has no {profile.credential}, which the profile {profile.name} needs")
    organisation = organisation_of(store, credential)
    patient = next(PEOPLE[profile.person](store, organisation), None)
    if patient is None:
        raise Conflict(f"{organisation.name} has no patient for the profile {profile.name}: {profile.person}")
    return Cast(credential=credential, organisation=organisation, patient=patient)


def organisation_of(store: Store, credential: Credential) -> Organisation:
    """Return the organisation of a client: its own, or the first that granted its partner access as a whole."""
    grants = store.find(Grant, "partner", credential.partner) if credential.partner else []
    by_grant = [grant.organisation for grant in sorted(grants, key=lambda grant: grant.team is not None)]
    ids = [credential.organisation or "", *by_grant, *(o.id for o in store.all(Organisation))]
    return next(organisation for id_ in ids if (organisation := store.find_one(Organisation, id_)) is not None)


def _registered(store: Store, organisation: Organisation) -> Iterator[Patient]:
    """Yield registered, living patients with an NHS number and a date of birth, whose access is not restricted."""
    for patient in store.all(Patient):
        is_usual = patient.registered and not (patient.deceased or patient.access_frozen or patient.sharing_disabled)
        if is_usual and organisation.id in patient.organisations and patient.date_of_birth and nhs_number(patient):
            yield patient


PEOPLE: dict[str, Callable[[Store, Organisation], Iterator[Patient]]] = {
    "registered patient with an NHS number": _registered,
}
"""How a profile describes its patient → the candidates of an organisation."""


def nhs_number(patient: Patient) -> str:
    return next((identifier.value for identifier in patient.identifiers if identifier.type == NHS), "")


def values_of(workspace: Workspace, cast: Cast, base_url: str, run: str) -> dict[str, str]:
    """Return the placeholders of a run's steps and their values. Dates are local, in the zone of PKB's patients."""
    patient, today = cast.patient, workspace.clock.now().astimezone(HOME).date()
    # By the number of the run, so that runs of one world rarely choose the same numbers.
    unused = islice(_unused(workspace.store, int(run, 16)), NEW_NUMBERS)
    week, last_week = today + timedelta(days=7), today - timedelta(days=7)
    return {
        "run": run,
        # A time of day for data without an id of its own, so that a second run does not repeat the first.
        "run_time": f"{int(run, 16) % 1440 // 60:02d}:{int(run, 16) % 60:02d}",
        "base_url": base_url,
        "client": cast.credential.id,
        "organisation": cast.organisation.name,
        "organisation_id": cast.organisation.id,
        "patient_id": patient.id,
        "patient": patient.name.display,
        "nhs_number": nhs_number(patient),
        "next_week": week.isoformat(),
        "last_week": last_week.isoformat(),
        "summer_day": _next(7, 15, week).isoformat(),
        "winter_day": _next(1, 15, week).isoformat(),
        "past_summer_day": _last(7, 15, last_week).isoformat(),
        "past_winter_day": _last(1, 15, last_week).isoformat(),
        **_of_organisation(workspace.store, cast.organisation),
        **{f"new_nhs_{n}": number for n, number in enumerate(unused, 1)},
    }


def _of_organisation(store: Store, organisation: Organisation) -> dict[str, str]:
    """Return what some profiles need of the organisation; a key is missing if it has no such entity."""
    endpoint = next((e.name for e in organisation.endpoints if e.release == "r4"), None)
    questionnaire = next(
        (q.id for q in store.all(Questionnaire) if q.organisation == organisation.id and can_be_sent(q, None)), None
    )
    professional = next((u.id for u in store.all(User) if u.organisation == organisation.id), None)
    rows = {"endpoint": endpoint, "questionnaire_id": questionnaire, "professional_id": professional}
    return {name: value for name, value in rows.items() if value is not None}


def _next(month: int, day: int, after: date) -> date:
    this_year = date(after.year, month, day)
    return this_year if this_year > after else date(after.year + 1, month, day)


def _last(month: int, day: int, before: date) -> date:
    this_year = date(before.year, month, day)
    return this_year if this_year < before else date(before.year - 1, month, day)


def _unused(store: Store, start: int) -> Iterator[str]:
    """Generate valid NHS numbers of the range for tests that no patient has."""
    for offset in range(STEMS):
        stem = f"999{(start + offset) % STEMS:06d}"
        # One stem in eleven has no number: its check digit would be 10.
        number = next((stem + str(digit) for digit in range(10) if not problem(NHS, stem + str(digit))), "")
        if number and not with_number(store, NHS, number):
            yield number


def describe(cast: Cast) -> dict[str, Any]:
    """Describe the patient as the steps name them."""
    patient = cast.patient
    born = patient.date_of_birth.isoformat() if patient.date_of_birth else None
    names = {"family_name": patient.name.family, "given_name": patient.name.given}
    return {"id": patient.id, "nhs_number": nhs_number(patient), **names, "date_of_birth": born}
