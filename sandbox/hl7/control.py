"""Control calls about HL7: the review queue, as an organisation's administrator sees it, and lint.

Source: *Organisation administrator*, https://manual.patientsknowbest.com/organisation-administrator
"""

from __future__ import annotations

from typing import Any

from sandbox.base.clock import instant
from sandbox.domain.patients import review
from sandbox.errors import Conflict, Invalid, NotFound
from sandbox.hl7.lint import lint_in_slices, sender
from sandbox.hl7.receiver import cause_of, principal_of, receive
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body, parameters
from sandbox.model import HeldMessage
from sandbox.worlds.causes import caused_by

OUTCOMES = ("held", "approved", "rejected", "released")


def _list(call: Call) -> Any:
    """List the queue, oldest first, on request with decided messages."""
    outcome = parameters(call, ("outcome",)).get("outcome", "held")
    if outcome not in OUTCOMES:
        raise Invalid(f"outcome must be one of: {', '.join(OUTCOMES)}")
    return {"held": [as_json(message) for message in call.workspace.store.find(HeldMessage, "outcome", outcome)]}


def _approve(call: Call) -> Any:
    """Approve a message and apply it. If it can no longer be applied it stays held; `ack_text` says why."""
    held = _find_held(call)
    # The changes belong to the exchange in which the message came, not to this call.
    with call.workspace.store.transaction(), caused_by(cause_of(held)):
        reply = receive(principal_of(call.workspace, held), held.text, lambda action: None, decided=True)
        if reply.ack == "AA":
            held = review.decide(call.workspace.record, held, "approved")
    return {**as_json(held), "ack": reply.ack, "ack_text": reply.text}


def _reject(call: Call) -> Any:
    """Reject a message; its sender has already had the AA."""
    return {**as_json(review.decide(call.workspace.record, _find_held(call), "rejected")), "ack": "AA"}


def _find_held(call: Call) -> HeldMessage:
    held = call.workspace.store.find_one(HeldMessage, call.params["id"])
    if held is None:
        raise NotFound(f"The held message {call.params['id']} does not exist; GET /_sandbox/hl7/review lists them")
    if held.outcome != "held":
        raise Conflict(f"The message has already been {held.outcome}")
    return held


def as_json(message: HeldMessage) -> dict[str, Any]:
    """Describe a held or decided message as the review queue lists it."""
    return {
        "id": message.id,
        "at": instant(message.at),
        "message_type": message.message_type,
        "patient": message.patient,
        "organisation": message.organisation,
        "reason": message.reason,
        "differences": list(message.differences),
        "text": message.text,
        "outcome": message.outcome,
    }


async def _lint(call: Call) -> Any:
    arguments = body(call, ("text", "credential"))
    text = arguments.get("text")
    if not isinstance(text, str):
        raise Invalid("text must be an ER7 message")
    user = arguments.get("credential")
    if not isinstance(user, str | None):
        raise Invalid("credential must be an HL7 user name")
    return await lint_in_slices(sender(call.workspace, user), text)


OPERATIONS = (
    ControlOperation("GET", "/hl7/review", "Lists the messages that are held for manual review", _list),
    ControlOperation(
        "POST", "/hl7/review/{id}/approve", "Approves a held message and applies it to the record", _approve
    ),
    ControlOperation("POST", "/hl7/review/{id}/reject", "Rejects a held message", _reject),
    ControlOperation("POST", "/hl7/lint", "Predicts how PKB would process a message, without storing anything", _lint),
)
