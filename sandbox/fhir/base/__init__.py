"""The base of every FHIR endpoint: releases, JSON and XML, validation, outcomes, negotiation, statements."""
