"""Which resource types Aggregated has, and by which of their references it knows the patient."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.fhir.base.releases import release
from sandbox.synthetic.fhir import instance
from tests.fhir.aggregated.support import LABEL, TOLA, Aggregated, feed, patient
from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
OF_A_PATIENT = {
    "patient": "AllergyIntolerance Consent Device EpisodeOfCare Immunization ImmunizationRecommendation NutritionOrder"
    " RelatedPerson",
    "subject": "CarePlan CareTeam Communication Composition Condition DeviceRequest DeviceUseStatement DiagnosticReport"
    " DocumentReference Encounter Flag MedicationAdministration MedicationDispense MedicationRequest"
    " MedicationStatement Observation Procedure QuestionnaireResponse ServiceRequest Specimen",
    "participant": "Appointment",
}
PATHS = {type_: path for path, types in OF_A_PATIENT.items() for type_ in types.split()}
OF_NOBODY = (
    "HealthcareService",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Questionnaire",
)
UNFILTERED = ("CodeSystem", "ValueSet")
KNOWN = {*PATHS, *OF_NOBODY, *UNFILTERED, "Patient"}
REFERENCE = {"reference": "Patient/p"}
ELEMENTS: dict[str, Any] = {
    "patient": REFERENCE,
    "subject": REFERENCE,
    "participant": [{"actor": REFERENCE, "status": "accepted"}],
}


REQUIRED: dict[str, Json] = {
    "Composition": {"author": [{"display": "Dr Owen Bright"}]},
    "DeviceUseStatement": {"device": {"display": "Inhaler"}},
    "ImmunizationRecommendation": {"recommendation": [{"forecastStatus": {"text": "due"}}]},
    "MedicationAdministration": {"medicationCodeableConcept": {"text": "Ramipril"}},
    "MedicationDispense": {"medicationCodeableConcept": {"text": "Ramipril"}},
    "MedicationRequest": {"medicationCodeableConcept": {"text": "Ramipril"}},
    "MedicationStatement": {"medicationCodeableConcept": {"text": "Ramipril"}},
    "Organization": {"identifier": [{"system": "https://example.org/wards", "value": "12"}]},
}
"""Mandatory elements of a type in which a generated resource has a reference."""


def resource(type_: str, **more: Any) -> Json:
    """A resource of a type without references but those that are given."""
    elements = {name: value for name, value in instance("r4", type_, 1).items() if "reference" not in str(value)}
    label = {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}
    return {**elements, "resourceType": type_, "id": "made", "meta": label, **REQUIRED.get(type_, {}), **more}


def put(endpoint: Endpoint, content: Json) -> None:
    response = endpoint.ask("PUT", f"/{content['resourceType']}/{content['id']}", content)
    assert response.status_code == 201, response.text


def total(pkb: Client, type_: str, client: str = "northmoor-fhir") -> int:
    count: int = Aggregated(pkb, client).bundle(f"/{type_}")["total"]
    return count


@pytest.fixture
def fed(pkb: Client) -> Endpoint:
    endpoint = feed(pkb, "northmoor-r4")
    endpoint.put(patient(TOLA))
    return endpoint


@pytest.mark.parametrize(("type_", "element"), PATHS.items(), ids=PATHS)
def test_a_resource_of_a_patient_shows_by_its_reference_to_the_patient(
    pkb: Client, fed: Endpoint, type_: str, element: str
):
    before, elsewhere = total(pkb, type_), total(pkb, type_, "stepwise-fhir")
    put(fed, resource(type_, **{element: ELEMENTS[element]}))
    assert (total(pkb, type_), total(pkb, type_, "stepwise-fhir")) == (before + 1, elsewhere)


def test_a_device_needs_no_patient(pkb: Client, fed: Endpoint):
    put(fed, resource("Device"))
    assert total(pkb, "Device") == 1


@pytest.mark.parametrize("type_", [type_ for type_ in PATHS if type_ != "Device"])
def test_another_resource_of_a_patient_without_one_is_skipped(pkb: Client, fed: Endpoint, type_: str):
    before = total(pkb, type_)
    content = resource(type_)
    content.pop("participant", None)
    response = fed.ask("PUT", f"/{type_}/made", content)
    assert response.status_code in (201, 422), response.text
    assert total(pkb, type_) == before


@pytest.mark.parametrize("type_", [*OF_NOBODY, *UNFILTERED])
def test_a_resource_without_a_patient_shows_to_its_owner_and_a_terminology_to_everyone(
    pkb: Client, fed: Endpoint, type_: str
):
    before, elsewhere = total(pkb, type_), total(pkb, type_, "stepwise-fhir")
    put(fed, resource(type_))
    assert total(pkb, type_) == before + 1
    assert total(pkb, type_, "stepwise-fhir") == elsewhere + (type_ in UNFILTERED)


def test_every_other_type_is_empty(pkb: Client, fed: Endpoint):
    others = set(release("r4").types) - KNOWN - {"Binary", "Bundle", "Parameters"}
    for type_ in sorted(others):
        response = fed.ask("PUT", f"/{type_}/made", resource(type_))
        assert response.status_code in (201, 422), response.text
        assert total(pkb, type_) == 0, type_
