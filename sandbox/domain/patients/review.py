"""Messages that PKB holds for a person's decision: reasons and queue.

Sources: *FAQs - Demographic Feed*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3829203015 ;
*Soft Matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4213014614
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.record import Record, Sender
from sandbox.model import HeldMessage, Patient

NHS, VERIFIED = "NHS", "01"
"""The one type of national number with a status, and the status that is verified."""
READABLE = 64 * 1024
"""Number of characters that are kept of a message after the decision."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a message, for decisions: the record and the sender's own id of a data point.

    `kind` distinguishes data points that may have the same id. Without a record or an id a message has a subject of
    its own.
    """

    record: str
    kind: str
    external_id: str

    @property
    def data_point(self) -> str:
        """The key of decisions; empty if the subject is not shared."""
        return f"{self.kind} {self.external_id}" if self.record and self.external_id else ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a message waits, and the two values that differ. `rule` is the fact."""

    reason: str
    differences: tuple[str, ...] = ()
    rule: str = "review.status-checking"


def status_hold(sender: Sender, identifiers: list[KnownIdentifier], patient: Patient | None) -> Hold | None:
    """Check NHS-number status, an option of the organisation: only verified numbers pass without a person."""
    if not sender.organisation.options.nhs_status_checking:
        return None
    for identifier in identifiers:
        if identifier.type == NHS and identifier.status != VERIFIED:
            return Hold(
                "NHS Number is not verified", (f"status {identifier.status or 'not sent'}", "status 01 expected")
            )
    local = all(identifier.kind == "local" for identifier in identifiers)
    # An NHS number on record, but not in the message: the match rests on the local number alone.
    if local and patient and any(identifier.type == NHS for identifier in patient.identifiers):
        return Hold("Local identifier only, and the record has an NHS Number")
    return None


def hold(
    record: Record,
    sender: Sender,
    why: Hold,
    subject: Subject,
    *,
    credential: str,
    message_type: str,
    name: str,
    text: str,
) -> None:
    """Put a message into the queue of its organisation without applying it."""
    record.store.put(
        HeldMessage(
            id=record.ids.uuid(),
            at=record.now(),
            organisation=sender.organisation.id,
            credential=credential,
            message_type=message_type,
            patient=name,
            record=subject.record,
            reason=why.reason,
            differences=why.differences,
            text=text,
            data_point=subject.data_point,
            exchange=record.cause.exchange,
        )
    )


def decision(record: Record, sender: Sender, subject: Subject) -> str:
    """Return a person's last decision on the same subject: `approved`, `rejected`, or empty."""
    decided = [
        (message.decided_at, message.outcome)
        for message in _about(record, sender, subject)
        if message.decided_at and message.outcome in ("approved", "rejected")
    ]
    # The latest decision wins.
    return max(decided)[1] if decided else ""


def waiting(record: Record, sender: Sender, subject: Subject) -> list[HeldMessage]:
    """Return the held messages about a subject, oldest first: a matching message releases them."""
    return [message for message in _about(record, sender, subject) if message.outcome == "held"]


def decide(record: Record, held: HeldMessage, outcome: str) -> HeldMessage:
    """Record the outcome of a held message: `approved`, `rejected` or `released`. Returns the stored entry.

    Only the beginning of its text is kept, for people to read, because it may contain a large file.
    """
    decided = replace(held, outcome=outcome, decided_at=record.now(), text=held.text[:READABLE])
    record.store.put(decided)
    return decided


def _about(record: Record, sender: Sender, subject: Subject) -> list[HeldMessage]:
    if not subject.data_point:
        return []
    return record.store.find(HeldMessage, "data_point", (sender.organisation.id, subject.record, subject.data_point))
