"""Record lookup: from the identifiers of a message to one patient.

Source: *Identifiers & matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077836
"""

from __future__ import annotations

from sandbox.domain.patients.identifiers import KnownIdentifier, with_number
from sandbox.errors import Invalid
from sandbox.model import Patient
from sandbox.store import Store


def find_patient(store: Store, identifiers: list[KnownIdentifier]) -> Patient | None:
    """Return the one record that the identifiers match, or None. Raises Invalid without identifiers, or if they
    disagree.
    """
    if not identifiers:
        raise Invalid(
            "Lookup single patient must be provided with at least one identifier",
            rule="matching.no-identifier",
            instead="an identifier of a type that PKB has configured for this organisation, with its exact type code",
        )
    matches = {patient.id: patient for identifier in identifiers for patient in _matches(store, identifier)}
    if len(matches) > 1:
        raise Invalid("Ambiguous patient IDs provided", rule="matching.ambiguous", instead="identifiers of one person")
    return next(iter(matches.values()), None)


def _matches(store: Store, identifier: KnownIdentifier) -> list[Patient]:
    if identifier.kind == "public":
        patient = store.find_one(Patient, identifier.value)
        return [patient] if patient else []
    if identifier.kind == "email":
        return [p for p in store.find(Patient, "email", identifier.value) if _is_usable_address(p, identifier.value)]
    return with_number(store, identifier.type, identifier.value)


def _is_usable_address(patient: Patient, email: str) -> bool:
    # matching.email: other addresses do not identify a record.
    return any(c.value.casefold() == email and (c.primary or c.confirmed) for c in patient.contacts)
