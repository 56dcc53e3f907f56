"""What both kinds of connection have in common: requests carry it, and it refuses what is no request."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

import uvicorn.server

from sandbox.http.connection import STATE

REASON = "Invalid HTTP request received."
BAD_REQUEST = (
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n"
    f"content-length: {len(REASON)}\r\nconnection: close\r\n\r\n{REASON}"
).encode("ascii")
"""The answer to what is no request, in uvicorn's words."""


class ServerState(uvicorn.server.ServerState):
    """uvicorn's, which also knows connections from the moment they are accepted, before the handshake of TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: weakref.WeakSet[Connection] = weakref.WeakSet()


class Connection(asyncio.Protocol):
    """A mix-in for a protocol of uvicorn."""

    transport: asyncio.Transport
    cycle: Any
    app_state: dict[str, Any]
    server_state: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.server_state.accepted.add(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the transport into the state of requests, so that a fault rule can end it without an answer."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, STATE: transport}

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, unless a response has begun; then close the connection."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(BAD_REQUEST)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: Java's client offers HTTP/2 with every request, and gets its answer in HTTP/1.1."""
