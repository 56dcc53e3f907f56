"""Demographics as FHIR has them, alike on the Facade and on Aggregated: gender, and the one address of a record."""

from __future__ import annotations

from sandbox.fhir.rendered.elements import Json, filled
from sandbox.model import Address

GENDERS = {"UNKNOWN": "unknown", "MALE": "male", "FEMALE": "female", "INDETERMINATE": "other"}


def addresses(sent: Address) -> list[Json]:
    """The one address of a record as FHIR has it; none when nothing of it is known."""
    address = filled(
        {
            "line": [line for line in (sent.line1, sent.line2) if line],
            "city": sent.city,
            "state": sent.state,
            "postalCode": sent.postcode,
            "country": sent.country,
        }
    )
    return [address] if address else []
