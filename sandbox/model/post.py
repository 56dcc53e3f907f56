"""Items that PKB sends to people, and messages that wait for a person's decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.base.quick_init import quick_init

OUTBOX_KINDS = ("invitation", "confirmation", "notification", "reminder", "letter")
CHANNELS = ("email", "nhs-app", "sms", "letter")


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The subject of a notification: an entity kind in lower case or a FHIR resource type, and an id."""

    kind: str
    id: str


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An item that PKB would have sent or, with a reason in `suppressed`, would not have sent.

    `to` is an e-mail or postal address, a phone number, or for the NHS App the patient's public id. `exchange` is the
    id of the exchange that caused it. `daily` marks items that share one e-mail a day.
    """

    id: str
    at: datetime
    to: str
    kind: str
    channel: str = "email"
    patient: str
    organisation: str
    about: About | None = None
    exchange: str | None = None
    suppressed: str = ""
    daily: bool = False
    text: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message with an id that its sender chose, so that it is processed only once. `credential` is the client id."""

    id: str
    at: datetime
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMessage:
    """A message held for manual review: acknowledged with AA, but not applied until approved.

    `outcome` is `held`, `approved`, `rejected`, or `released` by a later message about the same `data_point` of the
    same record. `patient` is the name to show, `record` the id of the patient, empty if no record matched.
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
    exchange: str | None = None
    outcome: str = "held"
    decided_at: datetime | None = None
