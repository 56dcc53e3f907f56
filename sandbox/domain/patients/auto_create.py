"""Auto create, an option of an organisation: a clinical message about an unknown patient creates the record.

Source: *Auto Create*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4567400451
"""

from __future__ import annotations

from datetime import datetime

from sandbox.domain.patients import intake
from sandbox.domain.patients.intake import RecordMatch
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.patients.review import VERIFIED
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid
from sandbox.model import Demographics, Patient

NEEDED = (
    ("givenName", "given"),
    ("surname", "family"),
    ("dateOfBirth", "date_of_birth"),
    ("gender", "gender"),
)
"""PKB's name of each required value, and the attribute with it."""


def check_allowed(record: Record, sender: Sender, values: Demographics, match: RecordMatch) -> None:
    """Raise Invalid unless the organisation has the option and the message has all values for a new record."""
    # matching.no-patient: only a verified national number lets a clinical message create a record.
    verified = any(identifier.kind == "national" and identifier.status == VERIFIED for identifier in match.identifiers)
    if not sender.organisation.options.auto_create or not verified:
        raise Invalid(
            "No patient found for PID segment",
            rule="matching.no-patient",
            instead="an identifier of an existing record, an ADT^A28 first, or auto create with a verified number",
        )
    missing = [name for name, attribute in NEEDED if not getattr(values, attribute)]
    if missing:
        raise Invalid(
            f"Cannot create patient missing these fields: {', '.join(missing)}",
            rule="matching.auto-create",
            instead="given name, surname, date of birth and sex in PID, with a verified national number",
        )


def create(record: Record, sender: Sender, values: Demographics, match: RecordMatch, entered_at: datetime) -> Patient:
    """Store a new patient in the sender's organisation and creating team. Call it inside a transaction."""
    return intake.accept(record, sender, values, match, TeamChange(), entered_at)
