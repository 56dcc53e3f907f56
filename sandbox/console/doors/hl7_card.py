"""What the HL7 API has of an entity: the message that brought it, else the fields in which a message would bring it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.console.doors.data import Datum, EntityData
from sandbox.console.doors.messages import SourceMessage, source_messages
from sandbox.console.doors.printing import Token, hl7_tokens
from sandbox.facts import Fact, ledger
from sandbox.model import GeneralPractitioner, NextOfKin
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Row:
    """The fields in which messages bring a datum."""

    fields: str
    datum: Datum


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Card:
    """The message that is shown, the others of the entity, or the fields; `absent` says why there are none."""

    standing: str
    exchange: Exchange | None = None
    is_certain: bool = False
    tokens: Sequence[Token] = ()
    others: Sequence[Exchange] = ()
    rows: Sequence[Hl7Row] = ()
    absent: Fact | None = None
    query: Sequence[str] = ()


def card_of(world: Workspace, entity: EntityData, patient: str, chosen: str) -> Hl7Card:
    """Return the card; `chosen` is the id of an exchange among those of the entity, the newest one without it."""
    query = [row.query for row in entity.table.attributes.values() if row.query]
    messages = source_messages(world, entity, patient)
    if messages:
        return _with_message(messages, chosen, query)
    data = [datum for data in entity.by_attribute.values() for datum in data if datum.attribute.hl7]
    rows = [Hl7Row(fields=", ".join(map(str, datum.attribute.hl7)), datum=datum) for datum in data]
    # The time of entry is in the header of any message, and says nothing of this entity.
    own = [row for row in rows if row.datum.key != "entered_at"]
    if not own:
        is_planned = isinstance(entity.entity, (GeneralPractitioner, NextOfKin))
        fact = ledger()["doors.roadmap" if is_planned else "doors.hl7-web"]
        return Hl7Card(standing=fact.standing, absent=fact)
    return Hl7Card(standing=ledger()["doors.hl7"].standing, rows=rows, query=query)


def _with_message(messages: list[SourceMessage], chosen: str, query: list[str]) -> Hl7Card:
    message = next((message for message in messages if message.exchange.id == chosen), messages[0])
    return Hl7Card(
        standing=message.exchange.standing or "choice",
        exchange=message.exchange,
        is_certain=message.is_certain,
        tokens=hl7_tokens(message.text, message.reading.marks),
        others=[other.exchange for other in messages if other is not message],
        query=query,
    )
