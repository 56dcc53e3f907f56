"""The HL7 messages in the journal that brought an entity or changed it: by the noted changes, else by their content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.console.doors.data import EntityData
from sandbox.console.doors.hl7_marks import Hl7Reading, read_message
from sandbox.console.doors.hl7_text import Hl7Text
from sandbox.hl7.message_log import received_message
from sandbox.model import Consent, Patient
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace

MOST = 100
"""Maximum number of messages about a patient that are compared with an entity."""
MOST_READ = 20
"""Maximum number of these messages that are read field by field."""

DEMOGRAPHICS = ("ADT^A28", "ADT^A31")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMessage:
    """A message with the places of the entity's data. `is_certain` says that its change of the entity was noted."""

    exchange: Exchange
    text: Hl7Text
    reading: Hl7Reading
    is_certain: bool


def source_messages(world: Workspace, entity: EntityData, patient: str) -> list[SourceMessage]:
    """Return the messages of an entity, newest first."""
    steps = world.checkpoints.steps_to(entity.entity)
    noted = [
        exchange for step in reversed(steps) if step.exchange and (exchange := world.exchanges.find(step.exchange))
    ]
    by_id = {exchange.id: exchange for exchange in noted if exchange.is_message}
    messages = [_read(entity, exchange, is_certain=True) for exchange in by_id.values()]
    if not messages:
        exchanges = (exchange for exchange in _about(world, patient) if _may_bring(entity, exchange))
        # First the cheap search for the id, then the reading field by field: a page must not take seconds.
        candidates = [exchange for exchange in islice(exchanges, MOST) if _names(entity, exchange)]
        read = (_read(entity, exchange, is_certain=False) for exchange in candidates[:MOST_READ])
        messages = [message for message in read if _is_likely(entity, message.reading)]
    return [message for message in messages if message.text.lines]


def last_step(world: Workspace, entity: Any) -> tuple[str, Exchange | None]:
    """Return the API by which an entity changed last, empty where that was not noted, and its exchange if kept."""
    steps = [step for step in world.checkpoints.steps_to(entity) if step.api]
    if not steps:
        return "", None
    return steps[-1].api, world.exchanges.find(steps[-1].exchange) if steps[-1].exchange else None


def _about(world: Workspace, patient: str) -> Iterator[Exchange]:
    return (
        exchange
        for exchange in reversed(list(world.exchanges))
        if exchange.patient == patient and exchange.is_message and exchange.outcome == "accepted"
    )


def _read(entity: EntityData, exchange: Exchange, *, is_certain: bool) -> SourceMessage:
    text = Hl7Text.parse(received_message(exchange))
    reading = read_message(entity, text, exchange.operation)
    return SourceMessage(exchange=exchange, text=text, reading=reading, is_certain=is_certain)


def _may_bring(entity: EntityData, exchange: Exchange) -> bool:
    """Return whether a message of this kind brings the kind of entity: every message names the patient, but only
    ADT^A28 and A31 bring demographics.
    """
    if isinstance(entity.entity, (Patient, Consent)):
        return exchange.operation.startswith(DEMOGRAPHICS)
    fields = (field for row in entity.table.attributes.values() for field in row.hl7 if field.messages)
    return any(field.is_in(exchange.operation) for field in fields)


def _names(entity: EntityData, exchange: Exchange) -> bool:
    """Return whether a message has the sender's id of the entity anywhere, if it has one: a quick check."""
    id_ = getattr(entity.entity, "external_id", "")
    # Only of plain ids: others may be escaped for HL7 or XML.
    return id_.encode() in exchange.request.body if id_ and id_.isalnum() else True


def _is_likely(entity: EntityData, reading: Hl7Reading) -> bool:
    """Return whether a message has the sender's id of the entity; where it has none, several of its data."""
    data = entity.by_attribute.get("external_id", [])
    if any(row.attribute.hl7 for row in data):
        return "external_id" in reading.keys
    return len(reading.keys - {"entered_at"}) > 1
