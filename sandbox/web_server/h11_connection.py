"""Connections read by h11, which is written in Python: for platforms without httptools."""

from __future__ import annotations

import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.web_server import request_head
from sandbox.web_server.connection import Connection

Event = Any
"""What h11 reads: an event, or one of its constants."""

_LENIENT = re.compile(
    rb"(?<!\r)\n|\r(?!\n|\Z)|\n[ \t]|\ncontent-length:(?:[^\r\n]*,|.*\ncontent-length:)", re.IGNORECASE | re.DOTALL
)
"""What h11 reads in a head, and httptools does not: a line that ends without CR or LF, a line that continues the one
before, and a length that is stated twice.
"""


class H11Connection(Connection, H11Protocol):
    """uvicorn's connection with the parser h11, made to accept the same requests as the one with httptools."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn: _StrictReader = _StrictReader(h11.SERVER, request_head.LONGEST)

    def read_slice(self, data: bytes) -> None:
        """Read on; empty lines before a request are ignored (RFC 9112 section 2.2)."""
        super().read_slice(data)
        if self.is_between_requests:
            data = data.lstrip(b"\r\n")
        if data:
            H11Protocol.data_received(self, data)

    @property
    def is_within_plain_body(self) -> bool:
        """Whether the next bytes are those of a body that is not in chunks."""
        return self.conn.their_state is h11.SEND_BODY and not self.conn.is_chunked

    @property
    def is_between_requests(self) -> bool:
        """Whether no byte of the next request has arrived."""
        return (self.cycle is None or self.cycle.response_complete) and not self.conn.trailing_data[0]

    @property
    def is_reading_head(self) -> bool:
        """Whether a request has begun and its headers have not ended."""
        return self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])


class _StrictReader(h11.Connection):
    """h11's, which also checks the head of each request."""

    is_chunked = False

    def next_event(self) -> Event:
        """Return the next event. Raises RemoteProtocolError."""
        # Before h11 consumes the head: its events no longer show these differences.
        if self.their_state is h11.IDLE and _LENIENT.search(self.trailing_data[0].partition(b"\r\n\r\n")[0]):
            raise h11.RemoteProtocolError("head")
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.is_chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
        return _checked(event) if isinstance(event, h11.Request) else event


def _checked(request: h11.Request) -> h11.Request:
    headers, target = list(request.headers), bytes(request.target)
    try:
        request_head.check_method(request.method.decode("ascii"))
        request_head.check_framing(request.http_version.decode("ascii"), headers)
        request_head.check_values(headers)
        request_head.check_size(target, headers)
        origin_form = request_head.origin_form(target, headers)
    except request_head.BadHead as error:
        raise h11.RemoteProtocolError(str(error)) from error
    if origin_form == target:
        return request
    # h11's events are immutable: another target needs another event.
    return h11.Request(method=request.method, target=origin_form, headers=headers, http_version=request.http_version)
