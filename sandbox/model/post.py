"""What PKB mails to people, and the messages that wait for a person's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A mail that PKB would have sent. `kind`: `invitation`, `confirmation`, `notification` or `letter`."""

    id: str
    at: datetime
    to: str
    kind: str
    patient: str
    organisation: str
    text: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message that a sender named, so that the same one is not taken in twice. `credential` is the client id."""

    id: str
    at: datetime
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message held for manual review: acknowledged with AA, nothing of it applied until approved.

    `outcome` is `held`, `approved`, `rejected`, or `released` by a later message about the same `data_point` of the
    same record. `patient` is the name to show, `record` the id of the patient, empty where no record matched.
    """

    id: str
    at: datetime
    organisation: str
    credential: str
    message_type: str
    patient: str
    record: str = ""
    reason: str
    differences: tuple[str, ...]
    text: str
    data_point: str = ""
    outcome: str = "held"
    decided_at: datetime | None = None
