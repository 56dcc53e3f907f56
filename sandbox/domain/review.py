"""Messages that PKB holds for a person's decision: why, and the queue they wait in.

Sources: *FAQs - Demographic Feed*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3829203015 ;
*Soft Matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4213014614
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.domain.identifiers import KnownIdentifier, national_id_types
from sandbox.domain.record import Record, Sender
from sandbox.model import HeldMessage, Patient

VERIFIED = "01"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a message waits, and the two values that disagree."""

    reason: str
    differences: tuple[str, ...] = ()


def status_hold(sender: Sender, identifiers: list[KnownIdentifier], patient: Patient | None) -> Hold | None:
    """NHS-number status checking, an option of the organisation: only verified numbers pass without a person."""
    if not sender.organisation.options.nhs_status_checking:
        return None
    national = [one for one in identifiers if one.kind == "national"]
    for one in national:
        if one.status != VERIFIED:
            return Hold(
                f"{_name(one.type)} is not verified", (f"status {one.status or 'not sent'}", "status 01 expected")
            )
    if not national and patient and any(i.type in national_id_types() for i in patient.identifiers):
        return Hold("Local identifier only, and the record has a national identifier")
    return None


def hold(
    record: Record,
    sender: Sender,
    why: Hold,
    *,
    credential: str,
    message_type: str,
    name: str,
    text: str,
    data_point: str = "",
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
            reason=why.reason,
            differences=why.differences,
            text=text,
            data_point=data_point,
        )
    )


def decision(record: Record, sender: Sender, data_point: str) -> str:
    """What a person decided last on a message about the same data point: `approved`, `rejected`, or nothing."""
    decided = [
        (one.decided_at, one.outcome)
        for one in _about(record, sender, data_point)
        if one.decided_at and one.outcome in ("approved", "rejected")
    ]
    return max(decided)[1] if decided else ""


def waiting(record: Record, sender: Sender, data_point: str) -> list[HeldMessage]:
    """The held messages about a data point, oldest first: a message that matches releases them."""
    return [one for one in _about(record, sender, data_point) if one.outcome == "held"]


def decide(record: Record, held: HeldMessage, outcome: str) -> HeldMessage:
    """Notes what became of a held message: `approved`, `rejected` or `released`. Gives the stored entry."""
    decided = replace(held, outcome=outcome, decided_at=record.now())
    record.store.put(decided)
    return decided


def _about(record: Record, sender: Sender, data_point: str) -> list[HeldMessage]:
    if not data_point:
        return []
    return record.store.find(HeldMessage, "data_point", (sender.organisation.id, data_point))


def _name(code: str) -> str:
    return national_id_types()[code].name
