"""Consent: to whom a patient lets which privacy labels show.

Source: *Facade Consent*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077275
"""

from __future__ import annotations

from sandbox.access.purview import sees_patient
from sandbox.clock import instant
from sandbox.fhir.facade.common import Json, Unread, reference
from sandbox.fhir.search.parameters import Query
from sandbox.fhir.search.reference import ReferenceCriterion
from sandbox.fhir.sources import Viewer
from sandbox.model import Consent, Patient, Team, User

PRIVACY_LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"
CONSENTER = {"coding": [{"system": "http://hl7.org/fhir/v3/RoleCode", "code": "CONSENTER"}]}


class Consents(Unread):
    """The consents of one patient, newest first."""

    def search(self, viewer: Viewer, query: Query) -> list[Json]:
        (criterion,) = query.criteria["patient"]
        assert isinstance(criterion, ReferenceCriterion)  # noqa: S101 - the statement says reference
        patient = viewer.store.find_one(Patient, criterion.id)
        if patient is None or not sees_patient(viewer.known, patient):
            return []
        found = viewer.store.find(Consent, "patient", patient.id)
        found.sort(key=lambda consent: (consent.updated_at, consent.id), reverse=True)
        return [represent(viewer, patient, consent) for consent in found]


def represent(viewer: Viewer, patient: Patient, consent: Consent) -> Json:
    """A consent as `facade-consent`: everything is denied but the labels that it excepts."""
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
    """What must be contained for the grantee, and the reference to it: a carer is a contained RelatedPerson."""
    grantee = consent.grantee
    if grantee.kind == "team":
        team = viewer.store.get(Team, grantee.id)
        return [], reference("Organization", team.id, team.name)
    if grantee.kind == "professional":
        user = viewer.store.get(User, grantee.id)
        return [], reference("Practitioner", user.id, user.name.display)
    carer = viewer.store.get(Patient, grantee.id)
    name: Json = {"family": carer.name.family, "given": [carer.name.given]}
    if carer.name.title:
        name["prefix"] = [carer.name.title]
    person = {
        "resourceType": "RelatedPerson",
        "id": "1",
        "patient": reference("Patient", carer.id, carer.name.display),
        "name": [name],
    }
    return [person], {"reference": "#1", "display": carer.name.display}
