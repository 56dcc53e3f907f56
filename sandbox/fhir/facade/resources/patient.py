"""Patient: demographics, identifiers, contacts.

Source: *Facade Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946397
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.access.purview import LocalNumbers, local_numbers, sees_patient
from sandbox.base.clock import instant, moment
from sandbox.domain.patients.identifiers import with_number
from sandbox.fhir.base.identifiers import identifier_systems, national_types
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.rendering import Names, cached_resource
from sandbox.fhir.rendered.demographics import GENDERS, addresses
from sandbox.fhir.rendered.elements import STRUCTURE, Json, without_empty
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.rendered.query.token import TokenCriterion
from sandbox.model import LocalIdType, Patient


class Patients:
    """The patients whose demographics the caller may see."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        patient = viewer.store.find_one(Patient, id_)
        return _rendered(viewer, patient) if patient and sees_patient(viewer.caller, patient) else None

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Patient]:
        (criterion,) = query.criteria["identifier"]
        assert isinstance(criterion, TokenCriterion)  # noqa: S101 - the statement says token
        type_ = national_types().get(criterion.system)
        patients = with_number(viewer.store, type_, criterion.code) if type_ else []
        return Matches([patient for patient in patients if sees_patient(viewer.caller, patient)], _view)


def _view(viewer: Viewer) -> Callable[[Patient], Json | None]:
    def show(patient: Patient) -> Json | None:
        # The page shows the patient of the search, but only if the caller may still see the record.
        now = viewer.store.find_one(Patient, patient.id)
        return _rendered(viewer, patient) if now is not None and sees_patient(viewer.caller, now) else None

    return show


def _rendered(viewer: Viewer, patient: Patient) -> Json:
    """Return the resource for this caller; it is rendered once for all callers who see the same numbers."""
    numbers = local_numbers(viewer.caller)
    return cached_resource(viewer.store, patient, numbers, lambda names: to_stu3(names, patient, numbers))


def to_stu3(names: Names, patient: Patient, numbers: LocalNumbers) -> Json:
    """Render a patient as `facade-patient`, with the local numbers that the caller may see."""
    name, died_at = patient.name, patient.died_at
    return without_empty(
        {
            "resourceType": "Patient",
            "id": patient.id,
            "meta": {"lastUpdated": instant(patient.updated_at)},
            "extension": [{"url": f"{STRUCTURE}/sharing-disabled", "valueBoolean": patient.sharing_disabled}],
            "identifier": _identifiers(names, patient, numbers),
            "name": [
                without_empty(
                    {
                        "family": name.family,
                        "given": [part for part in (name.given, name.middle) if part],
                        "prefix": [name.title] if name.title else [],
                    }
                )
            ],
            "telecom": _telecom(patient),
            "gender": GENDERS[patient.gender],
            "birthDate": patient.date_of_birth.isoformat() if patient.date_of_birth else "",
            "deceasedDateTime": moment(died_at) if patient.deceased and died_at else "",
            "deceasedBoolean": None if patient.deceased and died_at else patient.deceased,
            "address": addresses(patient.address),
        }
    )


def _identifiers(names: Names, patient: Patient, numbers: LocalNumbers) -> list[Json]:
    """Return national numbers, and the visible local numbers under the id of their type."""
    systems = identifier_systems()
    identifiers = []
    for identifier in patient.identifiers:
        local = names.find_one(LocalIdType, identifier.type)
        if identifier.type in systems:
            identifiers.append({"system": systems[identifier.type], "value": identifier.value})
        elif local is not None and numbers.include(local):
            identifiers.append({"system": f"urn:uuid:{local.id}", "value": identifier.value})
    return identifiers


def _telecom(patient: Patient) -> list[Json]:
    emails: list[Json] = [{"system": "email", "value": contact.value} for contact in patient.contacts]
    return emails + ([{"system": "phone", "value": patient.phone}] if patient.phone else [])
