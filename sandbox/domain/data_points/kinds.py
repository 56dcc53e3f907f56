"""Data points of every kind, and those that count for the date of the last data point.

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
"""Name of a list in the record view → the entity."""


def counted(store: Store, patient: Patient) -> Iterator[DataPoint]:
    """Iterate over the data points whose time of storage counts, from any source.

    Demographics, consents, label changes and held messages do not count. Drafts and deleted data do not count either,
    so the time can move backwards.
    """
    return (point for point in points(store, patient) if is_current(point))


def points(store: Store, patient: Patient) -> Iterator[DataPoint]:
    """Iterate over all data points of a record, kind by kind."""
    return (point for kind in KINDS.values() for point in store.find(kind, "patient", patient.id))


def is_current(point: DataPoint) -> bool:
    """Return whether a data point is neither a draft nor deleted."""
    draft = isinstance(point, Message) and point.status == "DRAFT"
    # Only these are kept after a deletion; other kinds leave the store.
    deleted = isinstance(point, (LabResult, Measurement, RadiologyReport)) and point.deleted
    return not draft and not deleted
