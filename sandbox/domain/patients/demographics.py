"""Create or update a patient from a sender's demographics.

Source: *ADT A28* and its update table, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365078168
"""

from __future__ import annotations

from datetime import UTC, datetime
from sys import intern
from typing import Any

from sandbox.base.quick_init import changed
from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import Address, Demographics, Identifier, Name, Patient

NOBODY = Patient(
    id="",
    legacy_id=0,
    name=Name(),
    entered_at=datetime.min.replace(tzinfo=UTC),
    created_at=datetime.min.replace(tzinfo=UTC),
    updated_at=datetime.min.replace(tzinfo=UTC),
)
"""Demographics of a patient before the first message."""


def create(record: Record, values: Demographics, identifiers: list[KnownIdentifier], entered_at: datetime) -> Patient:
    """Build a new record, not yet stored and in no team. Raises Invalid if a required value is missing."""
    if not any(identifier.kind in ("national", "local") for identifier in identifiers):
        raise Invalid(
            "Lookup single patient must be provided with at least one identifier",
            rule="matching.create-needs-number",
            instead="a national or local identifier: a public id or an e-mail address alone does not create a record",
        )
    _require(record, values)
    now = record.now()
    return Patient(
        id=record.ids.uuid(),
        legacy_id=record.ids.legacy(),
        registration_changed_at=now,
        entered_at=entered_at,
        created_at=now,
        updated_at=now,
        **_changed_attributes(NOBODY, values, _identifiers((), identifiers, changeable=False)),
    )


def update(
    record: Record, patient: Patient, values: Demographics, identifiers: list[KnownIdentifier], at: datetime
) -> Patient:
    """Update the record with the sent values; a message older than the record changes nothing."""
    # Strictly older: of two messages with the same time the later arrival wins.
    if at < patient.entered_at:
        return patient
    merged = changed(patient, **_changed_attributes(patient, values, _merged_identifiers(patient, identifiers)))
    updated_at = patient.updated_at if merged == patient else record.now()
    return changed(merged, entered_at=at, updated_at=updated_at)


def _require(record: Record, values: Demographics) -> None:
    if values.given and values.family and not record.rules.strict_demographics:
        return
    missing = [name for name, value in (("givenName", values.given), ("surname", values.family)) if not value]
    rule = "demographics.create-needs-names" if missing else "demographics.strict"
    if record.rules.strict_demographics:
        missing += [n for n, value in (("dateOfBirth", values.date_of_birth), ("gender", values.gender)) if not value]
    if missing:
        raise Invalid(
            f"Cannot create patient missing these fields: {', '.join(missing)}",
            rule=rule,
            instead="a value for each, or an identifier of an existing record",
        )


def _changed_attributes(patient: Patient, values: Demographics, identifiers: tuple[Identifier, ...]) -> dict[str, Any]:
    """Collect the attributes that a message may change, as sent or stored; names cannot be cleared, other texts can."""
    # Interned where texts recur: a hundred thousand patients share a few thousand names and towns.
    name = Name(
        # A record must keep a name, so HL7's null clears neither part of it.
        family=intern(values.family or patient.name.family),
        given=intern(values.given or patient.name.given),
        middle=intern(_sent_or(values.middle, patient.name.middle)),
        title=intern(_sent_or(values.title, patient.name.title)),
    )
    stored = patient.address
    address = Address(
        line1=_sent_or(values.line1, stored.line1),
        line2=_sent_or(values.line2, stored.line2),
        city=intern(_sent_or(values.city, stored.city)),
        state=intern(_sent_or(values.state, stored.state)),
        postcode=_sent_or(values.postcode, stored.postcode),
        country=intern(_sent_or(values.country, stored.country)),
    )
    return {
        "identifiers": identifiers,
        "name": name,
        "address": address,
        "date_of_birth": values.date_of_birth or patient.date_of_birth,
        "gender": values.gender or patient.gender,
        "phone": _sent_or(values.phone, patient.phone),
        "language": _sent_or(values.language, patient.language) or "en",
        "deceased": patient.deceased if values.deceased is None else values.deceased,
        "died_at": _death_time(patient, values),
    }


def _sent_or(value: str | None, stored: str) -> str:
    return stored if value is None else value


def _death_time(patient: Patient, values: Demographics) -> datetime | None:
    # A message that corrects the death also removes its date.
    if values.deceased is False:
        return None
    return values.died_at or patient.died_at


def _merged_identifiers(patient: Patient, identifiers: list[KnownIdentifier]) -> tuple[Identifier, ...]:
    """Merge a message's identifiers into the record's. A national number changes only if another one matched."""
    changeable = bool(patient.identifiers) and any(_is_own_number(patient, identifier) for identifier in identifiers)
    return _identifiers(patient.identifiers, identifiers, changeable=changeable)


def _identifiers(
    before: tuple[Identifier, ...], incoming: list[KnownIdentifier], *, changeable: bool
) -> tuple[Identifier, ...]:
    """Merge numbers: one national number per type; local numbers are only added."""
    kept = list(before)
    for number in incoming:
        stored = number.stored
        if number.kind not in ("national", "local") or stored in kept:
            continue
        if number.kind == "national" and any(identifier.type == number.type for identifier in kept):
            if not changeable:
                continue
            kept = [identifier for identifier in kept if identifier.type != number.type]
        kept.append(stored)
    return tuple(kept)


def not_kept(patient: Patient | None, identifiers: list[KnownIdentifier]) -> list[KnownIdentifier]:
    """Return the numbers of a message that the record does not store, because it has another number of their type."""
    if patient is None and len(identifiers) == 1:
        return []  # a new record keeps its only number
    kept = _merged_identifiers(patient, identifiers) if patient else _identifiers((), identifiers, changeable=False)
    numbers = (identifier for identifier in identifiers if identifier.kind in ("national", "local"))
    return [number for number in numbers if number.stored not in kept]


def _is_own_number(patient: Patient, number: KnownIdentifier) -> bool:
    """Return whether a local number or the public id of the message belongs to the patient."""
    return (number.kind == "local" and number.stored in patient.identifiers) or (
        number.kind == "public" and number.value == patient.id
    )
