"""Synthetic worlds: fictitious people with their records, HL7 messages and FHIR resources, generated from one seed."""
