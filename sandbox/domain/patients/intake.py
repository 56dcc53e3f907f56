"""Process a patient's demographics from any feed in one transaction: match, create or update, join, invite.

Source: *ADT A28*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365078168
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.patients import contacts, demographics, identifiers, matching, membership, review
from sandbox.domain.patients.identifiers import KnownIdentifier, SortedIdentifiers
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.record import Record, Sender
from sandbox.model import Demographics, Patient


@dataclass(frozen=True, slots=True)
class RecordMatch:
    """The record that the identifiers match."""

    identifiers: list[KnownIdentifier]
    patient: Patient | None
    hold: review.Hold | None


def sort_identifiers(record: Record, sender: Sender, values: Demographics) -> SortedIdentifiers:
    """Separate recognised from ignored identifiers. Raises Invalid."""
    check = record.rules.check_nhs_number
    return identifiers.sort_identifiers(
        record.store, sender.organisation.id, values.identifiers, check_nhs_number=check
    )


def look_up(record: Record, sender: Sender, numbers: list[KnownIdentifier]) -> RecordMatch:
    """Find the record, and whether a person has to decide first. Raises Invalid as `matching` does."""
    patient = matching.find_patient(record.store, numbers)
    return RecordMatch(numbers, patient, review.status_hold(sender, numbers, patient))


def accept(
    record: Record, sender: Sender, values: Demographics, match: RecordMatch, change: TeamChange, entered_at: datetime
) -> Patient:
    """Create or update the patient, who joins the sender's organisation; return the stored patient.

    A message older than the record changes neither demographics nor contacts. Call it inside a transaction of the
    store, so that an Invalid half-way leaves nothing behind.
    """
    created = match.patient is None
    older = match.patient is not None and entered_at < match.patient.entered_at
    if match.patient is None:
        patient = demographics.create(record, values, match.identifiers, entered_at)
    else:
        patient = demographics.update(record, match.patient, values, match.identifiers, entered_at)
    # Also for an older message: PKB's rules for teams and membership do not consider time.
    patient = membership.join(record, patient, sender, change, created=created)
    if not older:
        patient = contacts.add_emails(record, patient, values.emails, sender, created=created)
    record.store.put(patient)
    return patient
