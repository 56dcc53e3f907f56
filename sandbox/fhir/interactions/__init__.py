"""FHIR's interactions, one file each, named by their codes (https://hl7.org/fhir/STU3/http.html)."""
