"""Support for fault rules: describe a message and change its acknowledgement, on any transport."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox import facts
from sandbox.access.principal import Principal
from sandbox.access.sender import sender_of
from sandbox.domain.patients import intake, matching, roll
from sandbox.domain.record import Sender
from sandbox.errors import Invalid, SandboxError
from sandbox.hl7 import pid
from sandbox.hl7.acknowledgment import acknowledge
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.messages import profile_of
from sandbox.hl7.profiles import of_type
from sandbox.hl7.receiver import Reply
from sandbox.http.faults import RULE
from sandbox.model import Demographics
from sandbox.worlds.workspace import Workspace

DETAILS: dict[str, Any] = facts.value("faults.acknowledgement")
"""Acknowledgement code → PKB's text after its prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHead:
    """A message before it is processed: its description for the journal, and the patient that its numbers match."""

    type: str = ""
    control_id: str = ""
    operation: str = ""
    patient: str = ""


def describe_message(principal: Principal | None, text: str) -> MessageHead:
    """Describe a message without processing it: empty if it cannot be read; no patient without a sender."""
    message = _parse_or_none(text)
    if message is None:
        return MessageHead()
    operation, patient = message.type, ""
    with suppress(SandboxError):
        # Without a sender neither the use of a message nor its patient is known: both depend on the organisation.
        if principal is not None and of_type(message.type):
            sender = sender_of(principal, message.all[0].text(4))
            operation = profile_of(message, sender).name
            patient = _patient(principal.workspace, sender, message)
    return MessageHead(type=message.type, control_id=message.control_id, operation=operation, patient=patient)


def _parse_or_none(text: str) -> Er7Message | None:
    with suppress(SandboxError):
        return parse(text)
    return None


def _patient(workspace: Workspace, sender: Sender, message: Er7Message) -> str:
    """Return the patient that the message would match. Raises Invalid."""
    record, query, segment = workspace.record, message.segment("QRD"), message.segment("PID")
    if query is not None:
        patients = roll.by_number(record.store, sender, query.text(8), local=query.value(8, 13) == "MR")
        return patients[0].id if patients else ""
    if segment is None:
        return ""
    values = Demographics(identifiers=pid.identifiers(segment))
    patient = matching.find_patient(record.store, intake.sort_identifiers(record, sender, values).recognised)
    return patient.id if patient else ""


def refusal(principal: Principal, text: str, code: str, error: SandboxError | None = None) -> Reply:
    """Build an acknowledgement with a code, for a message that is not applied: because of a fault rule, or an error."""
    error = error or Invalid(DETAILS[code], rule=RULE)
    message, now = _parse_or_none(text), principal.workspace.clock.now()
    head = describe_message(principal, text)
    trigger = message.trigger if message else ""
    return Reply(
        text=acknowledge(message, code, error.text, now, trigger=trigger),
        ack=code,
        type=head.type,
        control_id=head.control_id,
        operation=head.operation,
        patient=head.patient,
        error=error,
    )


def without_msa(text: str) -> str:
    """Remove the MSA segment from an acknowledgement."""
    return "\r".join(line for line in text.split("\r") if not line.startswith("MSA"))
