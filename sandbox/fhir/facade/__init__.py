"""The Facade: PKB's own entities as STU3 resources, one module for each type."""

from __future__ import annotations

from sandbox.fhir.facade import consent, naming_system, operation_definition, organization, patient, practitioner
from sandbox.fhir.sources import ResourceSource

RESOURCES: dict[str, ResourceSource] = {
    "Consent": consent.Consents(),
    "NamingSystem": naming_system.NamingSystems(),
    "OperationDefinition": operation_definition.OperationDefinitions("facade"),
    "Organization": organization.Organizations(),
    "Patient": patient.Patients(),
    "Practitioner": practitioner.Practitioners(),
}
"""FHIR type → where its resources come from; the statement says which of them are offered."""
