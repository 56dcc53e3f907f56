"""The connection under a request: whether its client has gone, and how to end it without an answer, or at once.

The server puts the transport of each connection into the state of its requests. An application that is called without
a server has no connection to end; there a lost answer raises `ConnectionLost`, which its caller sees.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Protocol

from starlette.types import Receive, Scope

STATE = "pkb_sandbox.transport"
"""The key of the transport in the state of a scope."""
TAKER = "pkb_sandbox.taker"
"""The key, in the same state, of what counts the bytes of a long answer that its client has not taken."""
LONGEST_CLOSE = 2.0
"""Seconds in which a connection closes by itself; TLS waits for the other side, which may be gone."""


class Taker(Protocol):
    """Counts what a client has still to take of a long answer, apart from what the transport has."""

    def hold(self, size: int) -> None:
        """State how many bytes are left, 0 at the end."""


class ConnectionLost(ConnectionError):
    """A request of an application in process was lost, or its answer, as a fault rule demands."""


async def disconnected(receive: Receive) -> None:
    """Wait until the connection is closed; the body must have been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def close(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request in the ordinary way. Raises ConnectionLost without one."""
    transport = _transport(scope)
    if transport is None:
        raise ConnectionLost("The connection was closed without an answer")
    transport.close()
    await _noticed(transport, receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection of a request (RST). Raises ConnectionLost without one."""
    transport = _transport(scope)
    if transport is None:
        raise ConnectionLost("The connection was reset")
    reset_transport(transport)
    await _noticed(transport, receive)


def abort(scope: Scope) -> None:
    """Close the connection without waiting for pending data. Has no effect without a socket."""
    transport = _transport(scope)
    if transport is not None:
        transport.abort()


def taker_of(scope: Scope) -> Taker | None:
    """Return what counts a long answer to a request; None without a server."""
    taker: Taker | None = scope.get("state", {}).get(TAKER)
    return taker


def reset_transport(transport: asyncio.WriteTransport) -> None:
    """Reset a connection by closing it without lingering."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # Zero seconds of lingering make the kernel send RST in place of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _transport(scope: Scope) -> asyncio.WriteTransport | None:
    transport: asyncio.WriteTransport | None = scope.get("state", {}).get(STATE)
    return transport


async def _noticed(transport: asyncio.WriteTransport, receive: Receive) -> None:
    """Wait until the server has noticed: it treats an application that ends earlier as failed."""
    try:
        await asyncio.wait_for(disconnected(receive), LONGEST_CLOSE)
    except TimeoutError:
        transport.abort()
        await disconnected(receive)
