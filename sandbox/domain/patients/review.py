"""Messages that PKB holds for a person's decision: why, and the queue they wait in.

Sources: *FAQs - Demographic Feed*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3829203015 ;
*Soft Matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4213014614
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.patients.identifiers import KnownIdentifier
from sandbox.domain.record import Record, Sender
from sandbox.model import HeldMessage, Patient

NHS, VERIFIED = "NHS", "01"
"""The one national number that carries a status, and the status that passes."""
READABLE = 64 * 1024
"""Characters of a message that has been decided."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about, for decisions on it: the record and the sender's own id of a data point.

    `kind` tells data points apart that may have the same id. Without a record or an id nothing is shared with other
    messages.
    """

    record: str
    kind: str
    external_id: str

    @property
    def data_point(self) -> str:
        """The name under which decisions are kept; empty when there is nothing to name."""
        return f"{self.kind} {self.external_id}" if self.record and self.external_id else ""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a message waits, and the two values that disagree. `rule` is the fact of the ledger that says so."""

    reason: str
    differences: tuple[str, ...] = ()
    rule: str = "review.status-checking"


def status_hold(sender: Sender, identifiers: list[KnownIdentifier], patient: Patient | None) -> Hold | None:
    """NHS-number status checking, an option of the organisation: only verified numbers pass without a person."""
    if not sender.organisation.options.nhs_status_checking:
        return None
    for identifier in identifiers:
        if identifier.type == NHS and identifier.status != VERIFIED:
            return Hold(
                "NHS Number is not verified", (f"status {identifier.status or 'not sent'}", "status 01 expected")
            )
    local = all(identifier.kind == "local" for identifier in identifiers)
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
    """Puts a message into the queue of its organisation; nothing of it is applied."""
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
    """What a person decided last on a message about the same subject: `approved`, `rejected`, or nothing."""
    decided = [
        (message.decided_at, message.outcome)
        for message in _about(record, sender, subject)
        if message.decided_at and message.outcome in ("approved", "rejected")
    ]
    return max(decided)[1] if decided else ""


def waiting(record: Record, sender: Sender, subject: Subject) -> list[HeldMessage]:
    """The held messages about a subject, oldest first: a message that matches releases them."""
    return [message for message in _about(record, sender, subject) if message.outcome == "held"]


def decide(record: Record, held: HeldMessage, outcome: str) -> HeldMessage:
    """Notes what became of a held message: `approved`, `rejected` or `released`. Gives the stored entry.

    Of its text the beginning stays, for people to read: a large file in it is in the record now, or unwanted.
    """
    decided = replace(held, outcome=outcome, decided_at=record.now(), text=held.text[:READABLE])
    record.store.put(decided)
    return decided


def _about(record: Record, sender: Sender, subject: Subject) -> list[HeldMessage]:
    if not subject.data_point:
        return []
    return record.store.find(HeldMessage, "data_point", (sender.organisation.id, subject.record, subject.data_point))
