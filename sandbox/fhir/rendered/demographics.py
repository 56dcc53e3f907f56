"""Demographics in FHIR, the same on the Facade and on Aggregated: gender, and the address of a record."""

from __future__ import annotations

from sandbox.fhir.rendered.elements import Json, without_empty
from sandbox.model import Address

GENDERS = {"UNKNOWN": "unknown", "MALE": "male", "FEMALE": "female", "INDETERMINATE": "other"}


def addresses(postal_address: Address) -> list[Json]:
    """Return the address of a record as a FHIR list; an empty one if no part of it is known."""
    address = without_empty(
        {
            "line": [line for line in (postal_address.line1, postal_address.line2) if line],
            "city": postal_address.city,
            "state": postal_address.state,
            "postalCode": postal_address.postcode,
            "country": postal_address.country,
        }
    )
    return [address] if address else []
