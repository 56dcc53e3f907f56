"""The responses of the control API: pure functions from the state of a world to JSON."""

from __future__ import annotations

from typing import Any

from sandbox.domain.patients.national_ids import national_type_of
from sandbox.facts import ledger
from sandbox.model import Endpoint, Organisation, Partner, Patient, Questionnaire, Team, User
from sandbox.store import Store
from sandbox.worlds.slices import Work

Json = dict[str, Any]


def world(store: Store, base_url: str) -> Work[Json]:
    """Describe a world, patient by patient."""
    patients = []
    # A copy, because other requests may change the world between two patients.
    for patient in tuple(store.all(Patient)):
        patients.append(_patient(store, patient))
        yield
    return {
        "organisations": [_organisation(store, organisation, base_url) for organisation in store.all(Organisation)],
        "patients": patients,
        "users": [_user(user) for user in store.all(User)],
        "partners": [{"id": partner.id, "name": partner.name} for partner in store.all(Partner)],
    }


def _organisation(store: Store, organisation: Organisation, base_url: str) -> Json:
    teams = store.find(Team, "organisation", organisation.id)
    questionnaires = store.find(Questionnaire, "organisation", organisation.id)
    return {
        "id": organisation.id,
        "legacy_id": organisation.legacy_id,
        "name": organisation.name,
        "default_team": organisation.default_team,
        "teams": [
            {"id": t.id, "legacy_id": t.legacy_id, "name": t.name, "alias": t.alias, "labels": list(t.labels)}
            for t in teams
        ],
        "endpoints": [_endpoint(endpoint, base_url) for endpoint in organisation.endpoints],
        "questionnaires": [{"id": q.id, "name": q.name, "status": q.status} for q in questionnaires],
    }


def _endpoint(endpoint: Endpoint, base_url: str) -> Json:
    return {"name": endpoint.name, "release": endpoint.release, "url": f"{base_url}/customer/{endpoint.name}/fhir"}


def _patient(store: Store, patient: Patient) -> Json:
    countries = [o.country for id_ in patient.organisations if (o := store.find_one(Organisation, id_))]
    national = {national_type_of(country) for country in countries}
    return {
        "id": patient.id,
        "legacy_id": patient.legacy_id,
        "nhs_number": next((i.value for i in patient.identifiers if i.type in national), None),
        "name": patient.name.display,
        "reason": patient.reason,
        "date_of_birth": patient.date_of_birth.isoformat() if patient.date_of_birth else None,
        "email": patient.email or None,
        "identifiers": [{"type": i.type, "value": i.value} for i in patient.identifiers],
        "organisations": list(patient.organisations),
        "teams": list(patient.teams),
        "registered": patient.registered,
        "deceased": patient.deceased,
        "sharing_disabled": patient.sharing_disabled,
        "access_frozen": patient.access_frozen,
    }


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "legacy_id": user.legacy_id,
        "name": user.name.display,
        "email": user.email,
        "scope": user.scope,
        "organisation": user.organisation,
        "team": user.team,
    }


def facts(standing: str | None) -> Json:
    matches = [fact for fact in ledger().values() if standing in (None, fact.standing)]
    return {
        "facts": [
            {"id": f.id, "text": f.text, "standing": f.standing, "source": f.source, "where": f.where} for f in matches
        ]
    }
