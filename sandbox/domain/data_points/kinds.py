"""Data points of every kind, and which of them count when PKB says how new a record is.

Source: *Date of last data point*, https://pkbdev.atlassian.net/wiki/x/TwKTy
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.model import (
    Allergy,
    Appointment,
    CarePlan,
    DataPoint,
    Diagnosis,
    Document,
    Encounter,
    LabReport,
    LabResult,
    Measurement,
    Medication,
    Message,
    Patient,
    QuestionnaireRequest,
    QuestionnaireResponse,
    RadiologyReport,
)
from sandbox.store import Store

KINDS: dict[str, type[DataPoint]] = {
    "appointments": Appointment,
    "encounters": Encounter,
    "lab_reports": LabReport,
    "lab_results": LabResult,
    "measurements": Measurement,
    "radiology_reports": RadiologyReport,
    "documents": Document,
    "care_plans": CarePlan,
    "allergies": Allergy,
    "diagnoses": Diagnosis,
    "medications": Medication,
    "messages": Message,
    "questionnaire_requests": QuestionnaireRequest,
    "questionnaire_responses": QuestionnaireResponse,
}
"""What a record calls its data points of one kind → the entity."""


def counted(store: Store, patient: Patient) -> Iterator[DataPoint]:
    """The data points whose time of storage counts, whoever they came from.

    Demographics, consents, changes of labels and messages held for review do not count. What is deleted does not
    either, so the time can move backwards; nor do drafts.
    """
    return (point for point in points(store, patient) if is_current(point))


def points(store: Store, patient: Patient) -> Iterator[DataPoint]:
    """Every data point of a record, kind by kind."""
    return (point for kind in KINDS.values() for point in store.find(kind, "patient", patient.id))


def is_current(point: DataPoint) -> bool:
    """Whether a data point is neither a draft nor deleted."""
    draft = isinstance(point, Message) and point.status == "DRAFT"
    deleted = isinstance(point, (LabResult, Measurement, RadiologyReport)) and point.deleted
    return not draft and not deleted
