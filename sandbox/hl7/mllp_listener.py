"""The MLLP listener, off by default: a message is attributed to the credential in MSH-8, else to a configured one.

PKB does not support MLLP: the start-up text and the record of each exchange say so.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from sandbox import facts
from sandbox.access.credentials import authenticate, world_of
from sandbox.access.principal import Principal
from sandbox.errors import Invalid, NotStored, SandboxError, TooLarge, Unreadable
from sandbox.hl7 import mllp_faults
from sandbox.hl7.acknowledgment import acknowledge
from sandbox.hl7.er7 import Er7Message, parse
from sandbox.hl7.lint import sender
from sandbox.hl7.mllp import REPLACED, Frame, Frames, framed
from sandbox.hl7.mllp_slots import CHUNK, Slots, TimedReads
from sandbox.hl7.receiver import Reply
from sandbox.hl7.security import credential_of, without_security
from sandbox.http.call import Call
from sandbox.http.journal import record
from sandbox.worlds.causes import caused_by
from sandbox.worlds.in_flight import WorldChanged
from sandbox.worlds.pending_bodies import Busy
from sandbox.worlds.slices import Slices
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.mllp")

NOTE = "MLLP is a convenience of the sandbox: PKB accepts messages only by SOAP"
MOST_CONNECTIONS: int = facts.value("hl7.mllp")[2]
"""Maximum number of connections."""


AGAIN = 0.2
"""Seconds after which a connection that continues despite its cancellation is cancelled again."""


class MllpListener:
    """Serves one socket until it is closed; each connection may send any number of messages, answered in order."""

    def __init__(self, workspaces: Workspaces, half_sent: float | None = None) -> None:
        self._workspaces = workspaces
        self._half_sent = workspaces.default.settings.mllp_timeout if half_sent is None else half_sent
        self.slots = Slots(MOST_CONNECTIONS)
        self._server: asyncio.Server | None = None
        self._discarded: int | None = None
        """Since the end began, how many incomplete messages it has discarded."""

    async def start(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listening, limit=CHUNK)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self._discarded = 0
        while tasks := tuple(self.slots):
            for task in tasks:
                task.cancel()
            # Repeated: `wait_for` loses a cancellation that arrives together with the bytes for which it waits.
            await asyncio.wait(tasks, timeout=AGAIN)
        if self._discarded:
            log.warning("MLLP: stopped; incomplete messages that were discarded: %s", self._discarded)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        try:
            self.slots.enter(task)
            await self._converse(TimedReads(reader, self.slots, self._half_sent), writer)
        except (TimeoutError, ConnectionError, SandboxError, mllp_faults.ConnectionEnded) as error:
            log.info("MLLP connection closed: %s", error or type(error).__name__)
        except asyncio.CancelledError:
            pass  # the server stops, or another connection took the place of this one
        finally:
            self.slots.leave(task)
            writer.close()

    async def _converse(self, reader: TimedReads, writer: asyncio.StreamWriter) -> None:
        frames = Frames(self._workspaces.default.settings.max_body_bytes)
        pending, ended, held = self._workspaces.pending_bodies, 0, 0
        try:
            while data := await reader.read(ended if frames.unfinished else None):
                for frame in frames.feed(data, time.perf_counter()):
                    ended += 1
                    await self._reply(frame, writer)
                pending.grow(held, frames.size)
                held = frames.size
        except (TooLarge, Busy) as error:
            rest = frames.rest()
            await self._reply(Frame(rest.content if rest else b"", error.text), writer, error)
            raise
        except (TimeoutError, ConnectionError):
            await self._reply_to_rest(frames, writer)
            raise
        except asyncio.CancelledError:
            if frames.unfinished and self._discarded is not None:
                self._discarded += 1
            elif frames.unfinished:
                log.warning("MLLP: connection ended by the server; an incomplete message was discarded")
            raise
        finally:
            pending.release(held)
        await self._reply_to_rest(frames, writer)

    async def _reply_to_rest(self, frames: Frames, writer: asyncio.StreamWriter) -> None:
        """Refuse an incomplete message at the end of a connection, if the peer can still receive."""
        rest = frames.rest()
        if rest is not None:
            with suppress(ConnectionError, TimeoutError):
                await self._reply(rest, writer)

    async def _reply(self, frame: Frame, writer: asyncio.StreamWriter, error: SandboxError | None = None) -> None:
        """Answer a frame; an interrupted frame is only recorded, since its sender waits for the reply to the next
        one.
        """
        if frame.fault:
            log.warning("MLLP: %s", frame.fault)
            error = error or Unreadable(frame.fault, rule="hl7.mllp-framing", instead="VT, the message, FS and CR")
        answered = frame.fault != REPLACED
        await Slices().pause()  # many may send at once, or be half sent until the same time
        if frame.fault:
            # An incomplete message is not read, apart from its header: it may be long, and many may end at once.
            frame = frame._replace(content=frame.content[:CHUNK])
        text, call = await self._take_in(frame, writer.get_extra_info("peername"), error, answered=answered)
        if answered and call.fault is not None:
            await mllp_faults.deliver(call, text, writer, self._half_sent)
        elif answered:
            writer.write(framed(text))
            await asyncio.wait_for(writer.drain(), self._half_sent)

    async def _take_in(
        self, frame: Frame, peer: tuple[str, int], error: SandboxError | None, *, answered: bool
    ) -> tuple[str, Call]:
        """Return the acknowledgement of one message, after recording its exchange, and the call it became.

        The security field of the message is removed first.
        """
        started = time.perf_counter()
        message, credential = _without_credential(frame.content)
        call = Call(
            _request(peer), self._workspaces, self._workspaces.default, "hl7", "/", frame.began or started, message
        )
        call.message_digest = hash(message.decode("utf-8-sig", "replace"))
        call.rests_on("choice")
        try:
            if error is not None:
                raise error
            if credential is not None:
                # As over SOAP: a wrong password is recorded in the journal of the user's world.
                call.workspace = world_of(self._workspaces, credential[0]) or call.workspace
            call.principal = _principal(self._workspaces, credential)
            if call.principal.workspace.in_flight.is_paused:
                await call.principal.workspace.in_flight.resumed()
                # The credential may have been revoked meanwhile.
                call.principal = _principal(self._workspaces, credential)
            call.enter(call.principal.workspace)
            call.workspace.in_flight.check_unchanged(call.began, writes=True)
            with caused_by(call.cause):
                answer = mllp_faults.process_with_faults(call, _text(message))
                reply = await call.workspace.in_flight.finish(answer, writes=True)
        except SandboxError as refused:
            reply = _refusal(call.workspace, message, refused)
        reply = await self._stored(call, message, reply)
        call.operation, call.patient = reply.operation or "MLLP", reply.patient
        call.refusal = reply.error
        for notice in reply.advice:
            call.warn(notice.rule, [str(notice)])
        text = mllp_faults.altered_acknowledgment(call.fault, reply.text)
        body = text if answered else ""
        call.hl7 = {"type": reply.type, "control_id": reply.control_id, "ack": reply.ack, "text": body}
        response = Response(body, media_type="text/plain")
        record(call, response, call.refusal, (time.perf_counter() - started) * 1000)
        return text, call

    async def _stored(self, call: Call, message: bytes, reply: Reply) -> Reply:
        """Return the acknowledgement once its changes are in the data file, or a refusal if they cannot be stored."""
        if self._workspaces.keeper is not None:
            try:
                await self._workspaces.keeper.settle(call.workspace)
            except NotStored as refused:
                return _refusal(call.workspace, message, refused)
        return reply


def _without_credential(content: bytes) -> tuple[bytes, tuple[str, str] | None]:
    """Remove the security field of a message, and return the credential in it."""
    # latin-1 maps every byte to a character and back, whatever the encoding of the message.
    text = content.decode("latin-1")
    credential = credential_of(content.decode("utf-8", "replace"))
    cleared = without_security(text)
    return content if cleared is text else cleared.encode("latin-1"), credential


def _principal(workspaces: Workspaces, credential: tuple[str, str] | None) -> Principal:
    """Return the sender of a message: the credential of its MSH-8, else the listener's. Raises Invalid."""
    if credential is None:
        return _listener_principal(workspaces.default)
    match = authenticate(workspaces, *credential)
    if match is None or not match[1].kind.startswith("hl7-"):
        raise Invalid(
            "MSH-8.1 (security) must be <user>:<password> of an HL7 credential, or empty",
            rule="hl7.mllp-credential",
            instead="a user and password that GET /_sandbox/credentials lists with kind hl7-org or hl7-partner",
        )
    return Principal(workspace=match[0], credential=match[1], organisation=match[1].organisation)


def _listener_principal(workspace: Workspace) -> Principal:
    """Return the listener's principal. Raises Invalid if its credential no longer exists."""
    principal = sender(workspace, workspace.settings.mllp_credential or None)
    if principal.credential.revoked:
        raise Invalid(f"The credential {principal.credential.id} is revoked", rule="hl7.mllp")
    return principal


def _text(message: bytes) -> str:
    try:
        return message.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The message is not in UTF-8", rule="hl7.mllp", instead="a message in UTF-8") from error


def _refusal(workspace: Workspace, message: bytes, error: SandboxError) -> Reply:
    """Acknowledge a message that was not processed, with as much of its header as can be read."""
    head: Er7Message | None = None
    with suppress(SandboxError):
        head = parse(message.decode("utf-8", "replace"))
    # PKB answers AE to what it cannot read or process, and AR to what it reads and refuses.
    ack = "AE" if isinstance(error, (Unreadable, NotStored, WorldChanged)) else "AR"
    trigger, type_, control_id = (head.trigger, head.type, head.control_id) if head else ("", "", "")
    text = acknowledge(head, ack, error.text, workspace.clock.now(), trigger=trigger)
    return Reply(text=text, ack=ack, type=type_, control_id=control_id, error=error.with_traceback(None))


def _request(peer: tuple[str, int]) -> Request:
    """Build the journal's record of a message without HTTP."""
    return Request(
        {
            "type": "http",
            "method": "MLLP",
            "path": "/",
            "query_string": b"",
            "headers": [(b"note", NOTE.encode())],
            "scheme": "mllp",
            "server": None,
            # An IPv6 peer has two more parts, for which ASGI has no place.
            "client": peer[:2],
        }
    )
