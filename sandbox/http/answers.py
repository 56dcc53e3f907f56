"""Responses with a body of bytes and a known media type, built with less work than Starlette's general response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.http.connection import taker_of

LONG = 1_048_576
"""Bytes of a body that is not sent at once, but as its client takes it."""
PIECE = 262_144


class BytesResponse(Response):
    """A body with its media type and length; headers stand in the order of Starlette's responses."""

    def __init__(
        self, content: bytes, media_type: str, status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        # Starlette's constructor is not called: it encodes and searches all headers again for each response.
        self.status_code = status_code
        self.media_type = media_type
        self.background = None
        self.body = content
        self.raw_headers = _encoded(headers) if headers else []
        self.raw_headers.append((b"content-length", b"%d" % len(content)))
        self.raw_headers.append((b"content-type", _content_type(media_type)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


async def send_long(body: bytes, scope: Scope, send: Send) -> None:
    """Send a body in pieces, each when most of those before are taken: a transport keeps what it has in memory."""
    taker, view = taker_of(scope), memoryview(body)
    try:
        for start in range(0, len(body), PIECE):
            if taker is not None:
                taker.hold(len(body) - start)
            piece, is_last = view[start : start + PIECE], start + PIECE >= len(body)
            await send({"type": "http.response.body", "body": bytes(piece), "more_body": not is_last})
    finally:
        if taker is not None:
            taker.hold(0)


async def send_response(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response, of a long one each piece when its client has taken those before."""
    body = getattr(response, "body", b"")  # streamed responses have none
    if len(body) <= LONG:
        await response(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send_long(bytes(body), scope, send)


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


@lru_cache(256)
def _content_type(media_type: str) -> bytes:
    return media_type.encode("latin-1")
