"""The Facade: PKB's own entities as STU3 resources, one module for each type."""

from __future__ import annotations

from sandbox.fhir.facade.appointment import APPOINTMENTS
from sandbox.fhir.facade.communication import COMMUNICATIONS
from sandbox.fhir.facade.consent import Consents
from sandbox.fhir.facade.diagnostic_report import DIAGNOSTIC_REPORTS
from sandbox.fhir.facade.document_reference import DocumentReferences
from sandbox.fhir.facade.encounter import Encounters
from sandbox.fhir.facade.naming_system import NamingSystems
from sandbox.fhir.facade.observation import OBSERVATIONS
from sandbox.fhir.facade.operation_definition import OperationDefinitions
from sandbox.fhir.facade.organization import Organizations
from sandbox.fhir.facade.patient import Patients
from sandbox.fhir.facade.practitioner import Practitioners
from sandbox.fhir.facade.procedure_request import ProcedureRequests
from sandbox.fhir.facade.questionnaire import Questionnaires
from sandbox.fhir.facade.questionnaire_response import QuestionnaireResponses
from sandbox.fhir.sources import ResourceSource

RESOURCES: dict[str, ResourceSource] = {
    "Appointment": APPOINTMENTS,
    "Communication": COMMUNICATIONS,
    "Consent": Consents(),
    "DiagnosticReport": DIAGNOSTIC_REPORTS,
    "DocumentReference": DocumentReferences(),
    "Encounter": Encounters(),
    "NamingSystem": NamingSystems(),
    "Observation": OBSERVATIONS,
    "OperationDefinition": OperationDefinitions("facade"),
    "Organization": Organizations(),
    "Patient": Patients(),
    "Practitioner": Practitioners(),
    "ProcedureRequest": ProcedureRequests(),
    "Questionnaire": Questionnaires(),
    "QuestionnaireResponse": QuestionnaireResponses(),
}
"""FHIR type → where its resources come from; the statement says which of them are offered."""
