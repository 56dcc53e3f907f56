"""Invitations: pairs of codes, the address of the registration page, and who can be invited.

Sources: *Generate invitation tokens*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077590 ;
*Join PKB URLs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sandbox import facts
from sandbox.domain.notifications import outbox
from sandbox.domain.patients.ages import YOUNGEST, age
from sandbox.domain.record import Record
from sandbox.model import About, Invitation, Organisation, Patient, Team

LIFETIME = timedelta(weeks=facts.value("invitations.ten-weeks"))
CODE_LENGTH: int = facts.value("operations.tokens")
JOIN = "/join"
LONDON = ZoneInfo("Europe/London")


def invite(record: Record, patient: Patient, organisation: Organisation, email: str = "") -> Invitation:
    """Create a pair of codes for the patient, optionally sent to an address; earlier pairs stay valid until they
    expire.
    """
    now = record.now()
    invitation = Invitation(
        id=record.ids.code(CODE_LENGTH),
        access_code=record.ids.code(CODE_LENGTH),
        patient=patient.id,
        organisation=organisation.id,
        created_at=now,
        expires_at=now + LIFETIME,
        email=email,
    )
    record.store.put(invitation)
    return invitation


def join_link(invitation: Invitation, team: Team | None, email: str = "") -> str:
    """Return the path of PKB's registration page with the codes."""
    filled = {"t1": invitation.id, "t2": invitation.access_code} | ({"e": email} if email else {})
    return f"{JOIN}/{team.alias if team else ''}?{urlencode(filled)}"


def invite_by_letter(record: Record, patient: Patient, organisation: Organisation, team: Team | None) -> Invitation:
    """Create a pair of codes for another system to print; the outbox contains the letter that can be sent with it."""
    invitation = invite(record, patient, organisation)
    text = (
        f"{organisation.name} invites {patient.name.display} to register with Patients Know Best. "
        f"Invitation code: {invitation.id}. Access code: {invitation.access_code}."
    )
    link, about = join_link(invitation, team, patient.email), About(kind="invitation", id=invitation.id)
    _post_letter(record, patient, organisation, text, link=link, about=about)
    return invitation


def keep_letter_back(record: Record, patient: Patient, organisation: Organisation) -> None:
    """Record in the outbox why there is no letter to a patient who cannot be invited."""
    reasons = (("deceased", patient.deceased), ("registered", patient.registered))
    # Without a date of birth it is unknown whether a letter is allowed: none is posted, and none suppressed.
    reason = next((reason for reason, applies in reasons if applies), "under-16" if patient.date_of_birth else "")
    if reason:
        text = f"{organisation.name} would invite {patient.name.display} to register with Patients Know Best."
        about = About(kind="patient", id=patient.id)
        _post_letter(record, patient, organisation, text, about=about, suppressed=reason)


def _post_letter(record: Record, patient: Patient, organisation: Organisation, text: str, **more: Any) -> None:
    lines = (patient.name.display, patient.address.line1, patient.address.city, patient.address.postcode)
    outbox.post(
        record,
        "letter",
        to=", ".join(line for line in lines if line),
        patient=patient.id,
        organisation=organisation.id,
        channel=outbox.LETTER,
        text=text,
        **more,
    )


def can_be_invited(record: Record, patient: Patient, organisation: Organisation) -> bool:
    """Return whether the patient is alive, not registered, and known to be 16 or older in the organisation's time
    zone.
    """
    if patient.registered or patient.deceased or patient.date_of_birth is None:
        return False
    return not is_child(record, patient.date_of_birth, ZoneInfo(organisation.time_zone))


def is_child(record: Record, born: date | None, zone: ZoneInfo = LONDON) -> bool:
    """Return whether a person is known to be under 16, and so can register only with an e-mail invitation."""
    return born is not None and age(born, record.now().astimezone(zone).date()) < YOUNGEST
