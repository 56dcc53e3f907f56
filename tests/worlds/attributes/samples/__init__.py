"""Samples that put a distinct value into every attribute of every kind, by each way in."""

from __future__ import annotations

from tests.worlds.attributes.samples.documents import CARE_PLANS, DOCUMENTS
from tests.worlds.attributes.samples.held import HELD
from tests.worlds.attributes.samples.lists import ALLERGIES, DIAGNOSES, MEDICATIONS
from tests.worlds.attributes.samples.messages import MESSAGES, QUESTIONNAIRES, REQUESTS, RESPONSES
from tests.worlds.attributes.samples.people import CONSENTS, DEACTIVATED, GENERAL_PRACTITIONERS, NEXT_OF_KIN, PATIENTS
from tests.worlds.attributes.samples.results import LAB_REPORTS, LAB_RESULTS, MEASUREMENTS, RADIOLOGY_REPORTS
from tests.worlds.attributes.samples.sending import Sample
from tests.worlds.attributes.samples.visits import APPOINTMENTS, ENCOUNTERS

__all__ = ["DEACTIVATED", "SAMPLES", "Sample"]

SAMPLES = [
    *PATIENTS,
    *CONSENTS,
    *APPOINTMENTS,
    *ENCOUNTERS,
    *LAB_REPORTS,
    *LAB_RESULTS,
    *MEASUREMENTS,
    *RADIOLOGY_REPORTS,
    *DOCUMENTS,
    *CARE_PLANS,
    *ALLERGIES,
    *DIAGNOSES,
    *MEDICATIONS,
    *MESSAGES,
    *REQUESTS,
    *RESPONSES,
    *QUESTIONNAIRES,
    *GENERAL_PRACTITIONERS,
    *NEXT_OF_KIN,
    *HELD,
]
