"""The HL7 messages that states send: filled from `messages.toml`, and received like any other message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from sandbox.access.principal import Principal
from sandbox.base import datafiles
from sandbox.conformance.profile import fill
from sandbox.errors import Conflict
from sandbox.hl7.escapes import escape
from sandbox.hl7.receiver import Reply, receive
from sandbox.model import Credential, Organisation
from sandbox.synthetic.hl7_messages import timestamp
from sandbox.worlds.workspace import Workspace


@cache
def templates() -> dict[str, str]:
    """Read the messages by name, with placeholders."""
    rows = datafiles.read_toml(datafiles.beside_code("pact/messages.toml"))
    # HL7 v2 ends every segment with a carriage return, the last one too.
    return {name: "\r".join(row["lines"]) + "\r" for name, row in rows.items()}


def send_message(workspace: Workspace, organisation: Organisation, message: str, values: Mapping[str, Any]) -> Reply:
    """Send a message as the organisation's HL7 user. Raises Conflict if there is none, or PKB refuses the message."""
    credential = hl7_user(workspace, organisation)
    header = {
        "facility": facility_of(credential, organisation),
        "now": workspace.clock.now(),
        "control_id": workspace.ids.token(9),
    }
    text = fill(templates()[message], {name: _field(value) for name, value in {**values, **header}.items()})
    principal = Principal(workspace=workspace, credential=credential, organisation=organisation.id)
    # The sandbox itself is the sender, so no cell of the access matrix decides.
    reply = receive(principal, text, lambda action: None)
    if reply.ack != "AA":
        raise Conflict(f"PKB refuses the message {message} of this state: {reply.error.text if reply.error else ''}")
    return reply


def hl7_user(workspace: Workspace, organisation: Organisation) -> Credential:
    """Return the first HL7 user of an organisation. Raises Conflict."""
    users = workspace.store.find(Credential, "kind", "hl7-org")
    user = next((user for user in users if user.organisation == organisation.id and not user.revoked), None)
    if user is None:
        raise Conflict(f"{organisation.name} has no HL7 user (hl7-org), which this state needs")
    return user


def facility_of(credential: Credential, organisation: Organisation) -> str:
    """Return an MSH-4 that an HL7 user may send: one of its aliases, or without any the organisation's code."""
    return next((alias.alias for alias in credential.aliases), organisation.code or "PKB")


def _field(value: Any) -> str:
    return timestamp(value) if isinstance(value, date) else escape(str(value))
