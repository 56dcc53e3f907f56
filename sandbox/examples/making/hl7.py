"""The index entries and files of the HL7 messages: each message, and the acknowledgement of each refused one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sandbox.errors import SandboxError
from sandbox.examples.example import Example
from sandbox.examples.making.hl7_messages import MessageExample, accepted, supplied, table
from sandbox.examples.making.hl7_refusals import RefusedMessage, is_printed, refused
from sandbox.examples.making.written import Written
from sandbox.facts import ledger
from sandbox.hl7.acknowledgment import PREFIX, acknowledge
from sandbox.hl7.er7 import Er7Message, parse

ACKNOWLEDGED_AT = datetime(2026, 3, 10, 10, 15, 1, tzinfo=UTC)
"""The time in the acknowledgements; a test freezes the clock there."""
CUSTOMER = "org_northmoor"


def hl7_examples() -> Iterator[Written]:
    """Build all HL7 examples: accepted ones, then refused ones."""
    yield from map(_accepted, accepted())
    yield from map(_refused, refused())


def _accepted(message: MessageExample) -> Written:
    is_supplied = message.name in supplied()
    path = f"hl7/{message.name}.hl7" if is_supplied else f"hl7/variants/{message.name}.hl7"
    profile = message.profile
    example = Example(
        name=message.name,
        title=message.title,
        kind="hl7",
        variant=message.variant,
        api="hl7",
        integration_type=_type_of(message.user),
        cell=f"{_type_of(message.user)}.hl7.{profile.action}",
        user=message.user or CUSTOMER,
        files=(path,),
        after=message.after,
        ack="AA",
        status=200,
        standing=profile.standing,
        source=profile.source,
    )
    return Written(example, {} if is_supplied else {path: message.text + "\n"})


def _refused(message: RefusedMessage) -> Written:
    path = f"hl7/refused/{message.name}"
    fact = ledger()[message.rule]
    printed = is_printed(message.detail) and fact.standing == "documented"
    is_query = message.name.startswith("qry")
    example = Example(
        name=message.name,
        title=message.title,
        kind="hl7",
        variant="refused",
        api="hl7",
        integration_type=_type_of(message.user),
        cell=f"{_type_of(message.user)}.hl7.{'read_demographics' if is_query else 'send_data'}",
        user=message.user or CUSTOMER,
        files=(f"{path}.hl7", f"{path}.ack"),
        ack=message.ack,
        text=PREFIX[message.ack] + message.detail,
        status=200,
        rule=fact.id,
        standing=fact.standing,
        source=table("hl7_refused")["printed_source"] if printed else fact.source,
        printed=printed,
    )
    return Written(example, {f"{path}.hl7": message.text + "\n", f"{path}.ack": _acknowledgement(message)})


def _acknowledgement(message: RefusedMessage) -> str:
    request = _parsed(message.text)
    trigger = request.trigger if request else ""
    ack = acknowledge(request, message.ack, message.detail, ACKNOWLEDGED_AT, trigger=trigger)
    return ack.replace("\r", "\n") + "\n"


def _parsed(text: str) -> Er7Message | None:
    try:
        return parse(text)
    except SandboxError:
        return None


def _type_of(user: str) -> str:
    return "partner" if user.startswith("partner_") else "customer"
