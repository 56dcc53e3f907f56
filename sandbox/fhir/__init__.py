"""FHIR: one engine for four endpoints, driven by their CapabilityStatements."""
