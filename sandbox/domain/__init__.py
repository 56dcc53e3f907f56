"""PKB's rules for data, independent of the protocol: no HTTP status, HL7 code or FHIR type occurs here."""
