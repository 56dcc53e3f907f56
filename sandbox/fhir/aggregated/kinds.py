"""The kinds of PKB's data points that Aggregated shows, and the resource type of each.

Source: *Aggregated Endpoint*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4644405272/Aggregated+Endpoint
"""

from __future__ import annotations

from sandbox.model import (
    Allergy,
    Appointment,
    CarePlan,
    DataPoint,
    Diagnosis,
    Encounter,
    LabResult,
    Medication,
    Message,
    QuestionnaireRequest,
    QuestionnaireResponse,
)

PATIENT = "Patient"

TYPES: dict[type[DataPoint], str] = {
    Allergy: "AllergyIntolerance",
    Appointment: "Appointment",
    CarePlan: "CarePlan",
    Diagnosis: "Condition",
    Encounter: "Encounter",
    LabResult: "Observation",
    Medication: "MedicationStatement",
    Message: "Communication",
    QuestionnaireRequest: "ServiceRequest",
    QuestionnaireResponse: "QuestionnaireResponse",
}
"""Every kind of data point that may be shown, and its resource type."""

POINTS = {type_: kind for kind, type_ in TYPES.items()}

LED_TO: dict[type[DataPoint], type[DataPoint]] = {QuestionnaireResponse: QuestionnaireRequest}
"""A kind of data point → another to which it refers."""
