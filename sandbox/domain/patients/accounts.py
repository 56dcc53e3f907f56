"""User accounts as people make, change and end them: patients of a team, carers of a patient, deactivation.

Source: *Entity: Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain import consents
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.audience import about
from sandbox.domain.patients import contacts, demographics, intake, invitations
from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.record import Record, Sender
from sandbox.errors import Conflict, Invalid
from sandbox.model import Consent, Contact, Demographics, Grantee, Name, Organisation, Patient, User


def create_patient(record: Record, sender: Sender, sent: Demographics) -> Patient:
    """A new record in the sender's team. Raises Invalid without a number, Conflict where somebody has the number."""
    found = intake.look_up(record, sender, intake.sort_identifiers(record, sender, sent).recognised)
    if found.patient is not None:
        raise _number_taken()
    with record.store.transaction():
        return intake.accept(record, sender, sent, found, TeamChange(), record.now())


def update_patient(record: Record, patient: Patient, sent: Demographics) -> Patient:
    """The record with what was sent. Raises Invalid for an e-mail address of another record, Conflict for a number."""
    at = max(record.now(), patient.entered_at)
    with record.store.transaction():
        changed = demographics.update(record, patient, sent, _numbers(record, patient, sent), at)
        if sent.emails:
            changed = contacts.add_emails(record, changed, sent.emails, _keeper(record, patient), created=False)
        record.store.put(changed)
    return changed


def _numbers(record: Record, patient: Patient, sent: Demographics) -> list[KnownIdentifier]:
    """The numbers that were sent, none of them another record's."""
    if not sent.identifiers:
        return []
    keeper = _keeper(record, patient)
    found = intake.look_up(record, keeper, intake.sort_identifiers(record, keeper, sent).recognised)
    if found.patient is not None and found.patient.id != patient.id:
        raise _number_taken()
    return found.identifiers


def _number_taken() -> Conflict:
    return Conflict(
        "There is a record with that number", rule="accounts.number-taken", instead="a number of no record yet"
    )


def add_carer(record: Record, patient: Patient, sent: Demographics, labels: tuple[str, ...]) -> Patient:
    """Someone who cares for the patient, with a consent to some labels: whoever has the address, or a new record.

    PKB mails the carer an invitation, or word of it. Raises Invalid without an address, Conflict for a carer already,
    and for the address of a professional.
    """
    if not sent.emails:
        raise Invalid("email must be given", rule="accounts.carer", instead="the carer's e-mail address")
    (email,) = sent.emails
    known = record.store.find(Patient, "email", email.casefold())
    if any(one.id == patient.id or record.store.find(Consent, "grantee", (patient.id, one.id)) for one in known):
        raise Conflict("That is a carer already, or the patient", rule="accounts.carer", instead="another address")
    if not known and contacts.is_taken(record, None, email):
        raise Conflict(
            "The address is a professional's", rule="contacts.email-of-professional", instead="an address of their own"
        )
    with record.store.transaction():
        carer = known[0] if known else _new_carer(record, sent, email)
        consent = Consent(
            id=record.ids.uuid(),
            patient=patient.id,
            grantee=Grantee(kind="carer", id=carer.id),
            labels=labels,
            updated_at=record.now(),
        )
        record.store.put(consent)
        consents.announce(record, patient, consent)
        _tell_carer(record, patient, carer, consent, is_new=not known)
    return carer


def prefer(record: Record, patient: Patient, preference: str) -> Patient:
    """The patient with what to be notified of: everything, or what is time-sensitive."""
    changed = replace(patient, notifications=preference, updated_at=record.now())
    record.store.put(changed)
    return changed


def deactivate(record: Record, account: Patient | User) -> None:
    """Ends an account: nobody signs in to it, and its sessions are over. The record stays, and can be invited again."""
    if isinstance(account, User):
        record.store.put(replace(account, active=False))
        return
    now = record.now()
    ended = replace(account, registered=False, password="", registration_changed_at=now, updated_at=now)
    record.store.put(ended)


def _new_carer(record: Record, sent: Demographics, email: str) -> Patient:
    now = record.now()
    carer = Patient(
        id=record.ids.uuid(),
        legacy_id=record.ids.legacy(),
        name=Name(family=sent.family or "", given=sent.given or "", title=sent.title or ""),
        date_of_birth=sent.date_of_birth,
        gender=sent.gender or "UNKNOWN",
        phone=sent.phone or "",
        contacts=(Contact(value=email, primary=True),),
        entered_at=now,
        created_at=now,
        updated_at=now,
    )
    record.store.put(carer)
    return carer


def _tell_carer(record: Record, patient: Patient, carer: Patient, consent: Consent, *, is_new: bool) -> None:
    """Invites a carer who is new to PKB; mails word of it to any other."""
    organisation = _keeper(record, patient).organisation
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
        about=about(consent),
        text=text,
        link=link,
    )


def _keeper(record: Record, patient: Patient) -> Sender:
    """The organisation in whose name PKB writes to a patient: the first that has the record."""
    if not patient.organisations:
        raise Conflict("The record belongs to no organisation", rule="accounts.keeper", instead="a record of one")
    return Sender(organisation=record.store.get(Organisation, patient.organisations[0]))
