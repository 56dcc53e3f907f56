"""Synthetic worlds: invented people with their records, HL7 messages and FHIR resources, all from one seed."""
