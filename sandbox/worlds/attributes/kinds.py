"""The kinds of data that differences cover. A start needs only their names: tables are read on first use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import model

ENTITIES: Mapping[str, type[Any]] = {
    "patient": model.Patient,
    "consent": model.Consent,
    "appointment": model.Appointment,
    "encounter": model.Encounter,
    "lab_report": model.LabReport,
    "lab_result": model.LabResult,
    "measurement": model.Measurement,
    "radiology_report": model.RadiologyReport,
    "document": model.Document,
    "care_plan": model.CarePlan,
    "allergy": model.Allergy,
    "diagnosis": model.Diagnosis,
    "medication": model.Medication,
    "message": model.Message,
    "questionnaire_request": model.QuestionnaireRequest,
    "questionnaire_response": model.QuestionnaireResponse,
    "general_practitioner": model.GeneralPractitioner,
    "next_of_kin": model.NextOfKin,
    "questionnaire": model.Questionnaire,
    "held_message": model.HeldMessage,
    "resource": model.Resource,
}
"""Kind, which is the name of its file → its entity, in the order in which a difference lists the kinds."""
