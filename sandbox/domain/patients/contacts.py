"""E-mail addresses of a patient, and PKB's invitations and confirmations.

Source: *Email addresses*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364126763 ;
*Join PKB URLs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.news import about_entity
from sandbox.domain.patients import invitations
from sandbox.domain.record import Record, Sender
from sandbox.errors import Invalid
from sandbox.model import Contact, Patient, User


def add_emails(record: Record, patient: Patient, emails: tuple[str, ...], sender: Sender, *, created: bool) -> Patient:
    """Add new addresses to the patient. Raises Invalid for an address of another record."""
    for email in dict.fromkeys(emails):
        patient = _add(record, patient, email, sender, created)
    return patient


def is_taken(record: Record, patient: Patient | None, email: str) -> bool:
    """Return whether an address belongs to another record, or to a professional."""
    if record.store.find(User, "email", email.casefold()):
        return True
    holders = record.store.find(Patient, "email", email.casefold())
    return any(patient is None or holder.id != patient.id for holder in holders)


def _add(record: Record, patient: Patient, email: str, sender: Sender, created: bool) -> Patient:
    if is_taken(record, patient, email):
        raise Invalid(
            f"Patient email address [{email}] already active in PKB",
            rule="contacts.email-of-another-record",
            instead="an address that no other record has, or none",
        )
    if any(contact.value.casefold() == email.casefold() for contact in patient.contacts):
        return patient
    first = not patient.contacts
    # With the setting off, an existing record gains no first address by a feed, because it would need an invitation.
    if first and not created and not record.rules.invite_on_first_email:
        return patient
    if first and not patient.registered:
        _invite(record, patient, email, sender)
    elif patient.registered:
        _ask_to_confirm(record, patient, email, sender)
    contact = Contact(value=email, primary=first)
    return replace(patient, contacts=(*patient.contacts, contact), updated_at=record.now())


def _invite(record: Record, patient: Patient, email: str, sender: Sender) -> None:
    text = f"{sender.organisation.name} invites {patient.name.display} to register with Patients Know Best."
    if patient.deceased:
        _post(record, patient, email, sender, "invitation", text, "", suppressed="deceased")
        return
    invitation = invitations.invite(record, patient, sender.organisation, email)
    link = invitations.join_link(invitation, sender.creating_team, email)
    _post(record, patient, email, sender, "invitation", text, link)


def _ask_to_confirm(record: Record, patient: Patient, email: str, sender: Sender) -> None:
    link = "/confirmEmail.action?" + urlencode({"t": record.ids.token(8), "e": email})
    text = f"{patient.name.display}, confirm that {email} is yours by following the link and logging in."
    _post(record, patient, email, sender, "confirmation", text, link)


def _post(
    record: Record,
    patient: Patient,
    to: str,
    sender: Sender,
    kind: str,
    text: str,
    link: str,
    suppressed: str = "",
) -> None:
    outbox.post(
        record,
        kind,
        to=to,
        patient=patient.id,
        organisation=sender.organisation.id,
        about=about_entity(patient),
        suppressed=suppressed,
        text=text,
        link=link,
    )
