"""What both kinds of connection have in common: requests carry it, and it refuses invalid requests."""

from __future__ import annotations

import asyncio
import time
import weakref
from typing import Any

import uvicorn.server

from sandbox.http.connection import STATE, TAKER
from sandbox.web_server.connection_limits import TOO_MANY, TOO_SLOW
from sandbox.web_server.slices import SlicedReads
from sandbox.web_server.unsent import UnsentAnswers
from sandbox.worlds.loop_turns import loop_turns

REASON = "Invalid HTTP request received."
BAD_REQUEST = (
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n"
    f"content-length: {len(REASON)}\r\nconnection: close\r\n\r\n{REASON}"
).encode("ascii")
"""The answer to bytes that are not a request, in uvicorn's words."""


class ServerState(uvicorn.server.ServerState):
    """uvicorn's, which also knows connections from the moment they are accepted, before the handshake of TLS."""

    def __init__(self, most_connections: int, unsent: UnsentAnswers) -> None:
        super().__init__()
        self.most_connections = most_connections
        self.unsent = unsent
        self.accepted: weakref.WeakSet[Connection] = weakref.WeakSet()


class Connection(SlicedReads):
    """A mix-in for a protocol of uvicorn."""

    transport: asyncio.Transport
    cycle: Any
    flow: Any
    app_state: dict[str, Any]
    server_state: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.server_state.accepted.add(self)
        self.is_one_too_many = False
        self._head_began = 0.0
        self.held = 0
        """Bytes of a long answer that its client has to take, and the transport does not have yet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the transport into the state of requests, so that a fault rule can end it without an answer. Refuse one
        connection too many.
        """
        super().connection_made(transport)
        self._head_began = time.monotonic()
        loop_turns().accepted()
        # A copy: uvicorn passes the same dictionary to every connection.
        self.app_state = {**self.app_state, STATE: transport, TAKER: self}
        # uvicorn has counted this connection already.
        if len(self.server_state.connections) > self.server_state.most_connections:
            self.is_one_too_many = True
            self.transport.write(TOO_MANY)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what the peer did not take."""
        self.server_state.unsent.end(self)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Count what waits for the peer."""
        super().pause_writing()
        if not self.held:
            self.server_state.unsent.begin(self)

    def resume_writing(self) -> None:
        """Go on: the peer has taken nearly all."""
        if not self.held:
            self.server_state.unsent.end(self)
        super().resume_writing()

    def hold(self, size: int) -> None:
        """Count what is left of a long answer, in bytes; what the transport has after its end is counted as others."""
        was_held, self.held = self.held, size
        if not was_held or (not size and self.flow.write_paused):
            self.server_state.unsent.begin(self)
        elif not size:
            self.server_state.unsent.end(self)

    def data_received(self, data: bytes) -> None:
        """Read on, unless this connection was refused."""
        if not self.is_one_too_many:
            super().data_received(data)

    def read_slice(self, data: bytes) -> None:
        """Parse some bytes, which may begin a request."""
        if self.is_between_requests:
            self._head_began = time.monotonic()

    @property
    def is_between_requests(self) -> bool:
        """Whether no byte of the next request has arrived."""
        raise NotImplementedError

    @property
    def is_reading_head(self) -> bool:
        """Whether a request has begun and its headers have not ended."""
        raise NotImplementedError

    @property
    def head_since(self) -> float | None:
        """The time of `time.monotonic` at which the headers that are awaited began, or the connection if it has sent
        nothing; None while none are awaited.
        """
        has_sent_nothing = self.cycle is None and self.is_between_requests
        return self._head_began if has_sent_nothing or self.is_reading_head else None

    def end_slow_head(self) -> None:
        """Refuse a request whose headers did not arrive in time; close a connection that has sent nothing."""
        # A 408 within the answer to an earlier request would be read as part of that answer.
        if self.is_reading_head and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(TOO_SLOW)
        self.transport.close()

    def end_half_sent(self) -> None:
        """Close the connection if a request is only half sent, because the server stops."""
        is_within_body = self.cycle is not None and self.cycle.more_body and not self.cycle.response_started
        if self.transport is not None and (is_within_body or self.is_reading_head):
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse an invalid request, unless a response has begun; then close the connection."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(BAD_REQUEST)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: Java's client offers HTTP/2 with every request, and gets its answer in HTTP/1.1."""
