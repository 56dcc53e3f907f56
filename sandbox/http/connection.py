"""The connection under a request: when its client has gone, and how to end it at once."""

from __future__ import annotations

from starlette.types import Receive, Send


async def disconnected(receive: Receive) -> None:
    """Returns when the client has closed the connection; the body must have been read before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def abort(send: Send) -> None:
    """Ends the connection without waiting for what is still to be written. Without a socket there is nothing to end."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
