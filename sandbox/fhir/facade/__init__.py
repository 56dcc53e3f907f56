"""The Facade: PKB's own entities as STU3 resources, one module for each type, whose `to_stu3` renders an entity."""

from __future__ import annotations

from sandbox.fhir.facade.resources.appointment import APPOINTMENTS
from sandbox.fhir.facade.resources.communication import COMMUNICATIONS
from sandbox.fhir.facade.resources.consent import Consents
from sandbox.fhir.facade.resources.diagnostic_report import DIAGNOSTIC_REPORTS
from sandbox.fhir.facade.resources.document_reference import DocumentReferences
from sandbox.fhir.facade.resources.encounter import Encounters
from sandbox.fhir.facade.resources.naming_system import NamingSystems
from sandbox.fhir.facade.resources.observation import OBSERVATIONS
from sandbox.fhir.facade.resources.organization import Organizations
from sandbox.fhir.facade.resources.patient import Patients
from sandbox.fhir.facade.resources.practitioner import Practitioners
from sandbox.fhir.facade.resources.procedure_request import ProcedureRequests
from sandbox.fhir.facade.resources.questionnaire import Questionnaires
from sandbox.fhir.facade.resources.questionnaire_response import QuestionnaireResponses
from sandbox.fhir.rendered.operation_definition import OperationDefinitions
from sandbox.fhir.rendered.sources import ResourceSource

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
"""FHIR type → the source of its resources; the statement lists which of them are offered."""
