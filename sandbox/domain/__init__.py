"""PKB's rules for data, whatever the protocol: no HTTP status, HL7 code or FHIR type occurs here."""
