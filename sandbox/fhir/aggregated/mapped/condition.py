"""Condition: a diagnosis.

Source: *Entity: Diagnosis*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3923771393
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import (
    Json,
    concept,
    date_time,
    external_identifier,
    patient_reference,
    without_empty,
)
from sandbox.model import Diagnosis
from sandbox.store import Store

CATEGORY = {"system": "http://terminology.hl7.org/CodeSystem/condition-category", "code": "problem-list-item"}


def to_r4(store: Store, diagnosis: Diagnosis) -> Json:
    """Map a diagnosis, with the category that PKB's web pages require."""
    return without_empty(
        {
            "resourceType": "Condition",
            "identifier": external_identifier(diagnosis),
            "category": [{"coding": [CATEGORY]}],
            "code": concept(diagnosis.diagnosis),
            "subject": patient_reference(diagnosis),
            "onsetDateTime": date_time(diagnosis.diagnosed_at),
            "recordedDate": date_time(diagnosis.entered_at),
            "asserter": {"display": diagnosis.clinician} if diagnosis.clinician else {},
            "note": [{"text": diagnosis.note}] if diagnosis.note else [],
        }
    )
