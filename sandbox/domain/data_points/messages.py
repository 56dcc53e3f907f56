"""Secure messages between patients, their carers, and professionals.

Source: *Entity: Conversation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.notifications import audience, outbox
from sandbox.domain.notifications.news import News, about_entity
from sandbox.domain.record import Record
from sandbox.errors import Conflict, Invalid
from sandbox.model import Message, Patient, Source, User

GENERAL = "GENERAL_HEALTH"
DRAFT, READ, UNREAD = "DRAFT", "READ", "UNREAD"
INBOX = "/inbox"

Correspondent = Patient | User


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The content of a message: `conversation` is the id of the one that it continues, or empty."""

    subject: str
    content: str = ""
    html: bool = False
    conversation: str = ""
    label: str = GENERAL


def write_message(
    record: Record,
    patient: Patient,
    sender: Correspondent,
    recipients: list[Correspondent],
    letter: Letter,
    *,
    draft: bool,
    route: str = "",
) -> Message:
    """Store a message about a patient and, unless it is a draft, notify its recipients.

    Raises Invalid for a message without recipient, or in a conversation of another record.
    """
    if not recipients and not draft:
        raise Invalid("A message needs a recipient, unless it is a draft")
    if letter.conversation and not _is_conversation_of(record, patient, letter.conversation):
        raise Invalid(f"This record has no conversation {letter.conversation}")
    now = record.now()
    message = Message(
        id=record.ids.uuid(),
        patient=patient.id,
        source=replace(source_of(sender), route=route),
        label=letter.label,
        entered_at=now,
        persisted_at=now,
        conversation=letter.conversation or record.ids.uuid(),
        at=now,
        subject=letter.subject,
        content=letter.content,
        html=letter.html,
        sender=sender.id,
        recipients=tuple(recipient.id for recipient in recipients),
        status=DRAFT if draft else UNREAD,
    )
    record.store.put(message)
    if not draft:
        _notify(record, patient, message, recipients)
    return message


def mark_read(record: Record, message: Message) -> Message:
    """Record that a recipient opened the message; the first time is kept. Raises Conflict for a draft."""
    if message.status == DRAFT:
        raise Conflict("A draft has not been sent and cannot be opened")
    if message.status == READ:
        return message
    opened = replace(message, status=READ, read_at=record.now())
    record.store.put(opened)
    return opened


def source_of(author: Correspondent) -> Source:
    """Return the source of data that a person enters: a professional's organisation and team; a patient has neither."""
    if isinstance(author, User):
        return Source(organisation=author.organisation, team=author.team, person=author.id)
    return Source(person=author.id)


def _is_conversation_of(record: Record, patient: Patient, conversation: str) -> bool:
    return any(message.patient == patient.id for message in record.store.find(Message, "conversation", conversation))


def news(record: Record, message: Message) -> News:
    """Describe the notification of a message to the patient."""
    return News.of("message", message, title=message.subject)


def is_opened(record: Record, message: Message) -> bool:
    return message.status == READ


def _notify(record: Record, patient: Patient, message: Message, recipients: list[Correspondent]) -> None:
    """Notify a patient, and carers with them, of a message as of other new data; e-mail any other recipient."""
    if any(person.id == patient.id for person in recipients):
        audience.notify(record, patient, news(record, message))
    carers = audience.carers(record, patient, message.label)
    for recipient in recipients:
        # Carers have been notified with the patient, so as recipients they get no second e-mail.
        if recipient.id not in (patient.id, *(carer.id for carer in carers)) and recipient.email:
            outbox.post(
                record,
                "notification",
                to=recipient.email,
                patient=patient.id,
                organisation=message.source.organisation or "",
                about=about_entity(message),
                text=f"{recipient.name.display}, there is a new message for you in Patients Know Best: "
                f"{message.subject}",
                link=INBOX,
            )
