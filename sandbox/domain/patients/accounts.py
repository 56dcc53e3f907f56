"""User accounts: create, change and end accounts of patients and carers.

Source: *Entity: Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain import consents
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.news import about_entity
from sandbox.domain.patients import contacts, demographics, intake, invitations
from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.record import Record, Sender
from sandbox.errors import Conflict, Invalid
from sandbox.model import Consent, Contact, Demographics, Grantee, Name, Organisation, Patient, User


def create_patient(record: Record, sender: Sender, values: Demographics) -> Patient:
    """Create a record in the sender's team. Raises Invalid without a number, Conflict if another record has the
    number.
    """
    match = intake.look_up(record, sender, intake.sort_identifiers(record, sender, values).recognised)
    if match.patient is not None:
        raise _number_taken()
    with record.store.transaction():
        return intake.accept(record, sender, values, match, TeamChange(), record.now())


def update_patient(record: Record, patient: Patient, values: Demographics) -> Patient:
    """Update the record with the sent values. Raises Invalid or Conflict for an e-mail or number of another record."""
    # Never before the last message: a feed whose clock is ahead must not make a person's entry count as older.
    at = max(record.now(), patient.entered_at)
    with record.store.transaction():
        changed = demographics.update(record, patient, values, _numbers(record, patient, values), at)
        if values.emails:
            changed = contacts.add_emails(
                record, changed, values.emails, _sender_of_record(record, patient), created=False
            )
        record.store.put(changed)
    return changed


def _numbers(record: Record, patient: Patient, values: Demographics) -> list[KnownIdentifier]:
    """Parse the sent numbers. Raises Conflict for a number of another record."""
    if not values.identifiers:
        return []
    keeper = _sender_of_record(record, patient)
    match = intake.look_up(record, keeper, intake.sort_identifiers(record, keeper, values).recognised)
    if match.patient is not None and match.patient.id != patient.id:
        raise _number_taken()
    return match.identifiers


def _number_taken() -> Conflict:
    return Conflict(
        "A record with that number already exists", rule="accounts.number-taken", instead="a number that no record has"
    )


def add_carer(record: Record, patient: Patient, values: Demographics, labels: tuple[str, ...]) -> Patient:
    """Add a carer with a consent to some labels: the person with the address, or a new record.

    PKB sends the carer an invitation or a notice. Raises Invalid without an address, Conflict for an existing carer,
    and for the address of a professional.
    """
    if not values.emails:
        raise Invalid("email is missing", rule="accounts.carer", instead="the carer's e-mail address")
    (email,) = values.emails
    # Before anything is created, because a carer with an account keeps that account.
    matches = record.store.find(Patient, "email", email.casefold())
    if any(
        person.id == patient.id or record.store.find(Consent, "grantee", (patient.id, person.id)) for person in matches
    ):
        raise Conflict(
            "The address belongs to the patient or to an existing carer",
            rule="accounts.carer",
            instead="another address",
        )
    if not matches and contacts.is_taken(record, None, email):
        raise Conflict(
            "The address belongs to a professional",
            rule="contacts.email-of-professional",
            instead="an address that belongs to the carer alone",
        )
    with record.store.transaction():
        carer = matches[0] if matches else _new_carer(record, values, email)
        consent = Consent(
            id=record.ids.uuid(),
            patient=patient.id,
            grantee=Grantee(kind="carer", id=carer.id),
            labels=labels,
            updated_at=record.now(),
        )
        record.store.put(consent)
        consents.notify_of_sharing(record, patient, consent)
        _tell_carer(record, patient, carer, consent, is_new=not matches)
    return carer


def set_notifications(record: Record, patient: Patient, preference: str) -> Patient:
    """Set the notification preference: everything, or only time-sensitive notifications."""
    changed = replace(patient, notifications=preference, updated_at=record.now())
    record.store.put(changed)
    return changed


def deactivate(record: Record, account: Patient | User) -> None:
    """End an account: the user cannot sign in, and sessions end. The record stays and can be invited again."""
    if isinstance(account, User):
        record.store.put(replace(account, active=False))
        return
    now = record.now()
    ended = replace(account, registered=False, password="", registration_changed_at=now, updated_at=now)
    record.store.put(ended)


def _new_carer(record: Record, values: Demographics, email: str) -> Patient:
    now = record.now()
    carer = Patient(
        id=record.ids.uuid(),
        legacy_id=record.ids.legacy(),
        name=Name(family=values.family or "", given=values.given or "", title=values.title or ""),
        date_of_birth=values.date_of_birth,
        gender=values.gender or "UNKNOWN",
        phone=values.phone or "",
        contacts=(Contact(value=email, primary=True),),
        entered_at=now,
        created_at=now,
        updated_at=now,
    )
    record.store.put(carer)
    return carer


def _tell_carer(record: Record, patient: Patient, carer: Patient, consent: Consent, *, is_new: bool) -> None:
    """Send an invitation to a new carer, or a notice to an existing user."""
    organisation = _sender_of_record(record, patient).organisation
    if is_new:
        link = invitations.join_link(invitations.invite(record, carer, organisation, carer.email), None, carer.email)
        text = f"{patient.name.display} invites you to register with Patients Know Best as a carer."
    else:
        link, text = "", f"{patient.name.display} shares a record with you in Patients Know Best."
    outbox.post(
        record,
        "invitation" if is_new else "notification",
        to=carer.email,
        patient=carer.id if is_new else patient.id,
        organisation=organisation.id,
        about=about_entity(consent),
        text=text,
        link=link,
    )


def _sender_of_record(record: Record, patient: Patient) -> Sender:
    """Return the organisation on whose behalf PKB writes to a patient: the first that has the record."""
    if not patient.organisations:
        raise Conflict(
            "The record does not belong to an organisation",
            rule="accounts.keeper",
            instead="a record that belongs to an organisation",
        )
    return Sender(organisation=record.store.get(Organisation, patient.organisations[0]))
