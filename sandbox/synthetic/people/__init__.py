"""Invented people and their histories, the same for the same seed: what FHIR resources and HL7 messages are made of."""
