"""Consent: the privacy labels that a patient allows others to see.

Source: *Facade Consent*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077275
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.access.purview import is_in_care
from sandbox.base.clock import instant
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.resources.data_point import PRIVACY_LABEL, related_person
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.elements import Json, Unread, reference
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.search.budget import spend_per_row
from sandbox.model import Consent, Patient, Team, User

CONSENTER = {"coding": [{"system": "http://hl7.org/fhir/v3/RoleCode", "code": "CONSENTER"}]}


class Consents(Unread):
    """The consents of one patient, newest first.

    A team is as private as its data: it is hidden from callers who were not granted its label.
    """

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Consent]:
        sight = Sight.of(viewer)
        patient = sight.named(query.criteria)
        if patient is None:
            return NONE
        consents = [
            row for row in spend_per_row(viewer.store.find(Consent, "patient", patient.id)) if _is_visible(sight, row)
        ]
        consents.sort(key=lambda consent: (consent.updated_at, consent.id), reverse=True)
        return Matches(consents, _view)


def _view(viewer: Viewer) -> Callable[[Consent], Json | None]:
    sight = Sight.of(viewer)
    return lambda consent: to_stu3(viewer, consent) if _is_visible(sight, consent) else None


def _is_visible(sight: Sight, consent: Consent) -> bool:
    """Return whether the caller may see the patient and the grantee; a team needs its label."""
    patient = sight.store.find_one(Patient, consent.patient)
    # In care, not merely seen: a team that only supplied data once does not see the consents.
    if patient is None or not is_in_care(sight.viewer.caller, patient):
        return False
    team = sight.store.find_one(Team, consent.grantee.id)
    return team is None or sight.access(patient).sees_team(team)


def to_stu3(viewer: Viewer, consent: Consent) -> Json:
    """Render a consent as `facade-consent`: it denies everything except the labels in its exceptions."""
    patient = viewer.store.get(Patient, consent.patient)
    contained, actor = _grantee(viewer, consent)
    resource: Json = {
        "resourceType": "Consent",
        "id": consent.id,
        "meta": {"lastUpdated": instant(consent.updated_at)},
        "contained": contained,
        "status": "inactive" if consent.discharged else "active",
        "patient": reference("Patient", patient.id, patient.name.display),
        "actor": [{"role": CONSENTER, "reference": actor}],
        "policy": [{"authority": "http://www.patientsknowbest.com"}],
        "except": [
            {"type": "permit", "securityLabel": [{"system": PRIVACY_LABEL, "code": label}]} for label in consent.labels
        ],
    }
    return {key: value for key, value in resource.items() if value}


def _grantee(viewer: Viewer, consent: Consent) -> tuple[list[Json], Json]:
    """Return contained resources for the grantee, and the reference to it: a carer is a contained RelatedPerson."""
    grantee = consent.grantee
    if grantee.kind == "team":
        team = viewer.store.get(Team, grantee.id)
        return [], reference("Organization", team.id, team.name)
    if grantee.kind == "professional":
        user = viewer.store.get(User, grantee.id)
        return [], reference("Practitioner", user.id, user.name.display)
    contained: list[Json] = []
    carer = related_person(viewer.store.get(Patient, grantee.id), contained)
    return contained, carer
