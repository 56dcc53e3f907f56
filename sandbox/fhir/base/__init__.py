"""What every FHIR endpoint rests on: releases, JSON and XML, validation, outcomes, negotiation, statements."""
