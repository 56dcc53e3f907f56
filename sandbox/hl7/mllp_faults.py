"""Fault rules for messages over MLLP, which have a connection and an acknowledgement but no status."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property

from sandbox.hl7.faults import MessageHead, describe_message, refusal, without_msa
from sandbox.hl7.mllp import framed
from sandbox.hl7.receiver import Reply, receive_in_turns
from sandbox.http import connection
from sandbox.http.call import Call
from sandbox.http.faults import RULE
from sandbox.http.patience import PIECES, Patience
from sandbox.worlds.faults import FaultHit

NOT_OVER_MLLP = ("status", "expire_token")
"""Effects that are impossible for a message over MLLP."""


class ConnectionEnded(Exception):
    """A fault rule ends the connection; later messages that have arrived on it are lost."""


@dataclass(frozen=True)
class MllpTarget:
    """A message as fault rules match it."""

    call: Call
    text: str

    api = "hl7"

    @property
    def method(self) -> str:
        return self.call.request.method

    @property
    def path(self) -> str:
        return self.call.path

    @property
    def client(self) -> str:
        return self.call.caller.credential.id

    @cached_property
    def _head(self) -> MessageHead:
        return describe_message(self.call.principal, self.text)

    @property
    def operation(self) -> str:
        return self._head.operation

    @property
    def patient(self) -> str:
        return self._head.patient

    def can_have(self, effect: str) -> bool:
        return effect not in NOT_OVER_MLLP


async def process_with_faults(call: Call, text: str) -> Reply:
    """Process a message under the fault rules of its world."""
    faults, now = call.workspace.faults, call.workspace.clock.now
    call.fault = hit = faults.choose(MllpTarget(call, text), now) if faults else None
    if hit is None:
        return await receive_in_turns(call.caller, text, call.authorise)
    if hit.effect == "ack":
        return refusal(call.caller, text, hit.value)
    call.warn(RULE, [f"fault rule {hit.id}: {hit}"])
    if not hit.is_applied:
        head = describe_message(call.principal, text)
        return Reply(
            text="",
            ack="",
            type=head.type,
            control_id=head.control_id,
            operation=head.operation,
            patient=head.patient,
        )
    # Processed twice, as when a sender repeats a message whose reply it lost; the second reply is sent.
    if hit.effect == "duplicate":
        await receive_in_turns(call.caller, text, call.authorise)
    return await receive_in_turns(call.caller, text, call.authorise)


def altered_acknowledgment(hit: FaultHit | None, text: str) -> str:
    """Return the acknowledgement as it is sent: whole, cut, broken, or None."""
    if hit is None:
        return text
    if hit.is_lost:
        return ""
    if hit.effect == "truncate":
        # The limit is in bytes: a character that it cuts is dropped.
        return text.encode()[: hit.value].decode("utf-8", "ignore")
    return without_msa(text) if hit.effect == "malformed" else text


async def deliver(call: Call, text: str, writer: asyncio.StreamWriter, longest_write: float) -> None:
    """Write the acknowledgement after its delay; or close the connection and raise ConnectionEnded."""
    hit = call.fault
    assert hit is not None  # noqa: S101 - the listener calls this only for a message under a fault rule
    with Patience(call.workspace) as patience:
        await patience.wait(hit.delay)
        if hit.effect == "reset":
            connection.reset_transport(writer.transport)
        if hit.is_lost:
            raise ConnectionEnded(f"fault rule {hit.id}")
        frame = framed(text)
        async for piece in patience.pieces(frame, hit.slow_body or len(frame) * PIECES):
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), longest_write)
