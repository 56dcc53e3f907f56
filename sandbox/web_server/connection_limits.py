"""Limits of connections: their number, and the time that one may take to send the headers of a request."""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sandbox.settings import Settings
from sandbox.worlds.pending_bodies import RETRY_AFTER

if TYPE_CHECKING:
    from sandbox.web_server.connection import Connection

log = logging.getLogger("sandbox.server")

ErrorHandler = Callable[[Any, dict[str, Any]], object]
"""Called with an event loop and the context of an error that nothing else handles."""
TEXT = "text/plain; charset=utf-8"
FILES = 256
"""Open files besides connections: listeners, the loop, data files, standard streams."""
LOG_SECONDS = 10.0
"""Seconds between two log lines about connections that cannot be accepted."""


def _answer(status: str, reason: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {TEXT}", f"content-length: {len(reason)}", "connection: close"]
    return "\r\n".join([*lines, *headers, "", reason]).encode("ascii")


TOO_MANY = _answer("503 Service Unavailable", "Too many connections.", f"retry-after: {RETRY_AFTER}")
TOO_SLOW = _answer("408 Request Timeout", "The headers of the request did not arrive in time.")


def most_connections(settings: Settings) -> int:
    """Return the limit of connections, after raising the operating system's limit of open files if that is lower."""
    wanted = settings.max_connections + FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        reachable = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
            soft = reachable
        if soft < wanted:
            log.warning(
                "max_connections %s: this system allows %s open files, so %s connections",
                settings.max_connections,
                soft,
                max(soft - FILES, 1),
            )
            return max(soft - FILES, 1)
    return settings.max_connections


def end_slow_heads(connections: Iterable[Any], now: float, seconds: float) -> None:
    """Refuse the requests whose headers have been arriving for too long; close connections that sent nothing."""
    connection: Connection
    for connection in list(connections):
        since = connection.head_since
        if since is not None and now - since > seconds and not connection.transport.is_closing():
            connection.end_slow_head()


def quiet_accept_errors(
    before: Callable[[Any, dict[str, Any]], object] | None,
) -> Callable[[Any, dict[str, Any]], None]:
    """Return a handler for errors of an event loop, which logs at intervals that connections cannot be accepted.

    Without it, a process that has no file descriptor left would fill its log: the loop tries again and again.
    """
    last = [0.0]

    def handle(loop: Any, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), OSError) or "accept" not in str(context.get("message", "")):
            before(loop, context) if before is not None else loop.default_exception_handler(context)
        elif time.monotonic() - last[0] > LOG_SECONDS:
            last[0] = time.monotonic()
            log.warning("Connections cannot be accepted: %s", context["exception"])

    return handle
