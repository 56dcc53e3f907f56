"""Answers that peers do not take: how long one may wait for its peer, and how many bytes of all may wait."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sys
import termios
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.web_server.connection import Connection

log = logging.getLogger("sandbox.server")

STEP = 65_536
"""Bytes that a peer must take within the time-out."""


@dataclass(slots=True)
class _Wait:
    """What an answer had left, in bytes, when its peer last took a step, at `since` of `time.monotonic`.

    `size` is what it had at first: all of it stays in memory until the peer has taken the last byte.
    """

    size: int
    left: int
    since: float

    def look(self, left: int, now: float) -> None:
        """Begin again if the peer took a step, or if more was written to it."""
        if left > self.left or left <= self.left - STEP:
            self.left, self.since = left, now


def _bytes_left(connection: Connection) -> int:
    transport = connection.transport
    return connection.held + transport.get_write_buffer_size() + _bytes_in_the_system(transport)


def _bytes_in_the_system(transport: asyncio.Transport) -> int:
    """Return how many bytes the system has not sent, or has sent without the peer's word that it took them.

    Only they tell a slow peer from one that takes nothing: the system takes its next part of an answer from this
    process when a third of megabytes is free.
    """
    number = bytes(4)
    # Not every system can tell, and of a connection that has just ended none can.
    with suppress(OSError, TypeError, ValueError):
        number = fcntl.ioctl(transport.get_extra_info("socket"), termios.TIOCOUTQ, number)
    return int.from_bytes(number, sys.byteorder)


class UnsentAnswers:
    """The answers that wait for their peers: each keeps its bytes in memory until it is taken."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._waits: dict[Connection, _Wait] = {}

    def begin(self, connection: Connection) -> None:
        """Count what a connection has to send, and close the one that has waited longest while it is too much."""
        left, now = _bytes_left(connection), time.monotonic()
        self._waits[connection] = _Wait(left, left, now)
        if self._size > self._most_bytes:
            self._look(now)
        while self._size > self._most_bytes:
            longest = min(self._waits, key=lambda waiting: self._waits[waiting].since)
            self._close(longest, f"clients had not taken {self._size} bytes of answers, more than {self._most_bytes}")

    def end(self, connection: Connection) -> None:
        """Forget a connection: its peer has taken nearly all, or is gone."""
        self._waits.pop(connection, None)

    def end_slow(self) -> None:
        """Close each connection whose peer takes its answer too slowly."""
        now = time.monotonic()
        self._look(now)
        for connection in [waiting for waiting, wait in self._waits.items() if now - wait.since > self._seconds]:
            self._close(connection, f"its client took less than {STEP} bytes of an answer in {self._seconds:g} s")

    @property
    def _size(self) -> int:
        return sum(wait.size for wait in self._waits.values())

    def _look(self, now: float) -> None:
        for connection, wait in self._waits.items():
            wait.look(_bytes_left(connection), now)

    def _close(self, connection: Connection, reason: str) -> None:
        self.end(connection)
        log.warning("A connection was closed: %s", reason)
        # In the next turn of the loop, since the transport may be writing now.
        asyncio.get_running_loop().call_soon(connection.transport.abort)
