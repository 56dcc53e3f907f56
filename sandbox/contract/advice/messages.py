"""Advice on HL7 messages: control ids, refused messages that come again, times, deprecated fields."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.contract.observed import ObservedExchange
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.profiles import profiles
from sandbox.worlds.exchange import Exchange

TIMESTAMP = "TS"
# From the hour on: a date alone has no zone that could be missing.
_LOCAL_TIME = re.compile(r"\d{10,14}(\.\d+)?")
_OFFSET = re.compile(r".*[+-]\d{4}")


class RepeatedControlIds:
    """The control id of another message of the same client."""

    def __init__(self) -> None:
        self._messages: dict[tuple[str, str], int | None] = {}

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        control_id = (exchange.hl7 or {}).get("control_id")
        if not exchange.is_message or not control_id:
            return False
        # The same message again is no repetition of the id: a lost acknowledgement is answered by just that.
        first = self._messages.setdefault((exchange.client, control_id), exchange.message_digest)
        return first != exchange.message_digest

    def conclude(self) -> Iterable[Exchange]:
        return ()


class RenumberedLosses:
    """A message whose acknowledgement was lost, and that comes again with another control id."""

    def __init__(self) -> None:
        self._lost: dict[tuple[str, str], str] = {}

    def observe(self, observed: ObservedExchange) -> bool:
        exchange, message = observed.exchange, observed.message
        if message is None:
            return False
        key = (exchange.client, _content(message))
        lost = self._lost.pop(key, message.control_id)
        if not exchange.status:
            self._lost[key] = message.control_id
        return lost != message.control_id

    def conclude(self) -> Iterable[Exchange]:
        return ()


def _content(message: Er7Message) -> str:
    """A message without its time and control id, MSH-7 and MSH-10."""
    varying = {("MSH", 7), ("MSH", 10)}
    return "\r".join(
        "|".join(segment.raw(number) for number in range(len(segment)) if (segment.name, number) not in varying)
        for segment in message.all
    )


class ResentRefusals:
    """A message that was refused, and comes again as it was. What a fault rule did to it does not count."""

    def __init__(self) -> None:
        self._refused: set[tuple[str, int]] = set()

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        if not exchange.is_message or exchange.message_digest is None or exchange.fault:
            return False
        key = (exchange.client, exchange.message_digest)
        if exchange.outcome != "refused":
            self._refused.discard(key)  # what it needed is there now
            return False
        is_resent = key in self._refused
        self._refused.add(key)
        return is_resent

    def conclude(self) -> Iterable[Exchange]:
        return ()


def has_time_without_zone(observed: ObservedExchange) -> bool:
    """A time of a field that PKB reads, neither it nor MSH-7 with an offset."""
    message, profile = observed.message, profiles().get(observed.exchange.operation)
    # HL7 v2, MSH-7: its zone is the default of all times in the message.
    if message is None or profile is None or _OFFSET.fullmatch(message.value("MSH", 7)):
        return False
    rows = [row for row in profile.fields if row.type == TIMESTAMP and row.segment != "MSH"]
    return any(
        _LOCAL_TIME.fullmatch(segment.peek(row.field, row.component))
        for row in rows
        for segment in message.segments(row.segment)
    )


def has_deprecated_form(observed: ObservedExchange) -> bool:
    """An identifier in PID-2."""
    message = observed.message
    return message is not None and bool(message.value("PID", 2))
