"""Registration: an invited patient takes over the record, with an e-mail address and a password.

Sources: *Join PKB URLs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159 ; *Email addresses*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364126763
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, replace
from datetime import date

from sandbox import facts
from sandbox.domain.patients import invitations
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import Contact, Invitation, Patient, User

PASSWORD = ("[A-Z]", "[a-z]", r"\d", r"[^A-Za-z0-9]")
SHORTEST_PASSWORD: int = facts.value("registration.password")
"""The password rule of PKB's web pages: ten characters, upper and lower case, a digit and a special character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The patient's input: the two codes of an invitation, date of birth, e-mail address, password."""

    code: str
    access_code: str
    date_of_birth: date
    email: str
    password: str


def register(record: Record, patient: Patient, filled: Application) -> Patient:
    """Register the patient. An unknown date of birth is stored; the address becomes confirmed.

    Raises Invalid for wrong codes, date, address or password; Conflict for a patient who cannot register, and for
    expired codes.
    """
    if patient.registered or patient.deceased:
        raise Conflict(f"The patient is {'deceased' if patient.deceased else 'already registered'}")
    invitation = _invitation(record, patient, filled)
    # By the date that the patient enters, because the record may have none.
    if invitations.is_child(record, filled.date_of_birth) and not invitation.email:
        raise Conflict("A patient under 16 can register only with an e-mail invitation")
    if patient.date_of_birth not in (None, filled.date_of_birth):
        raise Invalid("The date of birth does not match the record")
    _check_password(filled.password)
    _check_email(record, patient, filled.email)
    now = record.now()
    registered = replace(
        patient,
        date_of_birth=filled.date_of_birth,
        contacts=_contacts(patient, filled.email),
        registered=True,
        activated=True,
        registration_changed_at=now,
        updated_at=now,
        password=filled.password,
    )
    record.store.put(registered)
    return registered


def _invitation(record: Record, patient: Patient, filled: Application) -> Invitation:
    invitation = record.store.find_one(Invitation, filled.code.strip().lower())
    right = invitation is not None and invitation.patient == patient.id
    # Without an invitation an empty code is compared, so that the response time reveals nothing.
    secret = invitation.access_code if invitation is not None and right else ""
    if not hmac.compare_digest(secret.encode(), filled.access_code.strip().lower().encode()) or invitation is None:
        raise Invalid("The invitation code and access code do not match an invitation for this patient")
    if invitation.expires_at <= record.now():
        raise Conflict("The invitation has expired")
    return invitation


def _check_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD or not all(re.search(pattern, password) for pattern in PASSWORD):
        raise Invalid(
            f"A password needs at least {SHORTEST_PASSWORD} characters, with upper and lower case letters, a digit and "
            "a special character"
        )


def _check_email(record: Record, patient: Patient, email: str) -> None:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise Invalid("email must be an e-mail address")
    holders = record.store.find(Patient, "email", email.casefold())
    if any(holder.id != patient.id for holder in holders) or record.store.find(User, "email", email.casefold()):
        raise Invalid(f"The address {email} belongs to another person")


def _contacts(patient: Patient, email: str) -> tuple[Contact, ...]:
    """Add the address of the registration, or confirm it; it becomes the primary one."""
    contacts = [
        replace(contact, confirmed=contact.confirmed or _is_address(contact, email)) for contact in patient.contacts
    ]
    if not any(_is_address(contact, email) for contact in contacts):
        contacts.append(Contact(value=email, confirmed=True))
    return tuple(replace(contact, primary=_is_address(contact, email)) for contact in contacts)


def _is_address(contact: Contact, email: str) -> bool:
    return contact.value.casefold() == email.casefold()
