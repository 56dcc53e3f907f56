"""Reading in slices: what one connection sends at once must not keep the others waiting.

A read of a socket brings up to 256 KB, which can be thousands of requests or tens of thousands of chunks. Each turn of
the loop reads one slice of them.
"""

from __future__ import annotations

import asyncio
from typing import Any

SLICE = 16 * 1024
"""Bytes that are parsed in one turn; a body of a stated length costs too little to be cut."""


class SlicedReads(asyncio.Protocol):
    """A mix-in for a connection, which reads with `read_slice`."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    flow: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._unread = bytearray()

    def read_slice(self, data: bytes) -> None:
        """Parse some bytes."""
        raise NotImplementedError

    @property
    def is_within_plain_body(self) -> bool:
        """Whether the next bytes belong to a body that is not in chunks."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Read the bytes, or keep them until the earlier ones have been read."""
        if self._unread:
            self._unread += data
            self.transport.pause_reading()
        elif len(data) <= SLICE or self.is_within_plain_body:
            self.read_slice(data)
        else:
            self._unread += data
            self.transport.pause_reading()
            self._read_on()

    def _read_on(self) -> None:
        size = len(self._unread) if self.is_within_plain_body else SLICE
        data = bytes(self._unread[:size])
        del self._unread[:size]
        if not data:  # all of it was read at the end of the connection
            return
        self.read_slice(data)
        if self.transport.is_closing():
            self._unread.clear()
        elif self._unread:
            # Not in a loop here: between two slices, the other connections have their turn.
            self.loop.call_soon(self._read_on)
        # uvicorn may have paused reading itself, because the application has not yet taken the body.
        elif not self.flow.read_paused:
            self.transport.resume_reading()

    def eof_received(self) -> None:
        """Read the rest: nothing more will come."""
        while self._unread and not self.transport.is_closing():
            self._read_on()
        super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread.clear()
        super().connection_lost(exc)
