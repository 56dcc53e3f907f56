"""Listening sockets, and the error if a port is not available."""

from __future__ import annotations

import socket

from sandbox.errors import Invalid

ANY = ("0.0.0.0", "::")  # noqa: S104 - names the addresses, does not listen on them
"""Addresses that mean every interface."""


class PortTaken(OSError):
    """The address is in use, or does not belong to this machine."""


def open_listener(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 is any free one. Raises PortTaken; Invalid for a host that is not an address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, every answer waits 40 ms.
    try:
        socket.getaddrinfo(host, None, family)
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise Invalid(f"--host {host}: not an address of this machine ({error})") from error
    # So that a server can be started again on its port while old connections are still in TIME_WAIT.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        # `::` takes IPv4 as well, whatever the machine's default is.
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host not in ANY))
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} on {host} is not available: {error}") from error
    return listener
