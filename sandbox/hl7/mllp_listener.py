"""The MLLP listener, off by default: a message counts as the credential in its MSH-8, else as one named credential.

PKB does not support MLLP: the start-up line says so, and so does the record of each exchange.
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
from sandbox.access.credentials import check, world_of
from sandbox.access.principal import Principal
from sandbox.errors import Invalid, SandboxError, TooLarge, Unreadable
from sandbox.hl7 import mllp_faults
from sandbox.hl7.acknowledgment import acknowledge
from sandbox.hl7.lint import sender
from sandbox.hl7.mllp import REPLACED, Frame, Frames, framed
from sandbox.hl7.receiver import Reply
from sandbox.hl7.security import credential_of, without_security
from sandbox.hl7.segments import Er7Message, parse
from sandbox.http.call import Call
from sandbox.http.journal import record
from sandbox.worlds.faults import FaultHit
from sandbox.worlds.workspace import Workspace, caused_by
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.mllp")

NOTE = "MLLP is a convenience of the sandbox: PKB accepts messages only by SOAP"
HALF_SENT, IDLE, MOST_CONNECTIONS = facts.value("hl7.mllp")
"""Seconds to wait for the rest of a message, and for the next one; connections at once."""
CHUNK = 65536
"""Bytes a read."""


class MllpListener:
    """Serves one socket until it is closed; each connection may send any number of messages, answered in order."""

    def __init__(self, workspaces: Workspaces, half_sent: float = HALF_SENT) -> None:
        self._workspaces = workspaces
        self._half_sent = half_sent
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        self._server = await asyncio.start_server(self._accept, sock=listening, limit=CHUNK)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        self._connections.add(task)
        try:
            if len(self._connections) > MOST_CONNECTIONS:
                raise ConnectionRefusedError(f"the limit of {MOST_CONNECTIONS} connections is reached")
            await self._converse(reader, writer)
        except (TimeoutError, ConnectionError, SandboxError) as error:
            log.info("MLLP connection closed: %s", error or type(error).__name__)
        except asyncio.CancelledError:
            pass  # the server stops
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        frames = Frames(self._workspaces.default.settings.max_body_bytes)
        try:
            while data := await asyncio.wait_for(reader.read(CHUNK), self._half_sent if frames.unfinished else IDLE):
                for frame in frames.feed(data):
                    await self._reply(frame, writer)
        except TooLarge as error:
            rest = frames.rest()
            await self._reply(Frame(rest.content if rest else b"", error.text), writer, error)
            raise
        except (TimeoutError, ConnectionError):
            await self._reply_to_rest(frames, writer)
            raise
        except asyncio.CancelledError:
            if frames.unfinished:
                log.warning("MLLP: server stopping; an incomplete message was discarded")
            raise
        await self._reply_to_rest(frames, writer)

    async def _reply_to_rest(self, frames: Frames, writer: asyncio.StreamWriter) -> None:
        """What has come of a message when no more comes is refused, where somebody still listens."""
        rest = frames.rest()
        if rest is not None:
            with suppress(ConnectionError, TimeoutError):
                await self._reply(rest, writer)

    async def _reply(self, frame: Frame, writer: asyncio.StreamWriter, error: SandboxError | None = None) -> None:
        """Answers a frame; one that another has replaced is only recorded, since its sender waits for the other's."""
        if frame.fault:
            log.warning("MLLP: %s", frame.fault)
            error = error or Unreadable(frame.fault, rule="hl7.mllp-framing", instead="VT, the message, FS and CR")
        answered = frame.fault != REPLACED
        text, hit = self._take_in(frame.content, writer.get_extra_info("peername"), error, answered=answered)
        if answered and hit is not None:
            await mllp_faults.deliver(hit, text, writer, self._half_sent)
        elif answered:
            writer.write(framed(text))
            await asyncio.wait_for(writer.drain(), self._half_sent)

    def _take_in(
        self, content: bytes, peer: tuple[str, int], error: SandboxError | None, *, answered: bool
    ) -> tuple[str, FaultHit | None]:
        """The acknowledgement of one message, after its exchange is recorded, and what a fault rule does to it.

        The security field of the message goes no further.
        """
        started = time.perf_counter()
        message, credential = _opened(content)
        call = Call(_request(peer), self._workspaces, self._workspaces.default, "hl7", "/", body=message)
        call.message_digest = hash(message.decode("utf-8-sig", "replace"))
        call.rests_on("choice")
        try:
            if error is not None:
                raise error
            if credential is not None:
                call.workspace = world_of(self._workspaces, credential[0]) or call.workspace
            call.principal = _principal(self._workspaces, credential)
            call.enter(call.principal.workspace)
            with caused_by(call.cause):
                reply = mllp_faults.received(call, _text(message))
        except SandboxError as refused:
            reply = _refusal(call.workspace, message, refused)
        call.operation, call.patient = reply.operation or "MLLP", reply.patient
        call.refusal = reply.error
        for notice in reply.advice:
            call.warn(notice.rule, [str(notice)])
        text = mllp_faults.changed(call.fault, reply.text)
        body = text if answered else ""
        call.hl7 = {"type": reply.type, "control_id": reply.control_id, "ack": reply.ack, "text": body}
        response = Response(body, media_type="text/plain")
        record(call, response, call.refusal, (time.perf_counter() - started) * 1000)
        return text, call.fault


def _opened(content: bytes) -> tuple[bytes, tuple[str, str] | None]:
    """A message without its security field, and the credential that stood in it."""
    text = content.decode("latin-1")  # whatever the encoding, the bytes come back as they were
    credential = credential_of(content.decode("utf-8", "replace"))
    cleared = without_security(text)
    return content if cleared is text else cleared.encode("latin-1"), credential


def _principal(workspaces: Workspaces, credential: tuple[str, str] | None) -> Principal:
    """Who sends a message: the credential of its MSH-8, else the one that the listener is bound to. Raises Invalid."""
    if credential is None:
        return _bound(workspaces.default)
    match = check(workspaces, *credential)
    if match is None or not match[1].kind.startswith("hl7-"):
        raise Invalid(
            "MSH-8.1 (security) must be <user>:<password> of an HL7 credential, or empty",
            rule="hl7.mllp-credential",
            instead="a user and password that GET /_sandbox/credentials lists with kind hl7-org or hl7-partner",
        )
    return Principal(workspace=match[0], credential=match[1], organisation=match[1].organisation)


def _bound(workspace: Workspace) -> Principal:
    """The one that every message counts as. Raises Invalid when its credential is there no more."""
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
    """The acknowledgement of what the receiver never saw, with as much of its header as can be read."""
    head: Er7Message | None = None
    with suppress(SandboxError):
        head = parse(message.decode("utf-8", "replace"))
    ack = "AE" if isinstance(error, Unreadable) else "AR"
    trigger, type_, control_id = (head.trigger, head.type, head.control_id) if head else ("", "", "")
    text = acknowledge(head, ack, error.text, workspace.clock.now(), trigger=trigger)
    return Reply(text=text, ack=ack, type=type_, control_id=control_id, error=error)


def _request(peer: tuple[str, int]) -> Request:
    """What the journal shows of a message without HTTP around it."""
    return Request(
        {
            "type": "http",
            "method": "MLLP",
            "path": "/",
            "query_string": b"",
            "headers": [(b"note", NOTE.encode())],
            "scheme": "mllp",
            "server": None,
            "client": peer[:2],
        }
    )
