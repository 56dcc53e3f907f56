"""What PKB does with data, whatever the protocol: no HTTP status, no HL7 code, no FHIR word."""
