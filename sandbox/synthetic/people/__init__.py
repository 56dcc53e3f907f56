"""Synthetic people and their histories, the same for the same seed: the basis of FHIR resources and HL7 messages."""
