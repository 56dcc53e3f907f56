"""The body of a request: within its limit, and without its content codings (RFC 9110 section 8.4).

The limit applies to the received and to the decoded bytes, so that a small body cannot become a large one.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from sandbox.errors import Injected, SandboxError, TooLarge, Unreadable, WrongMediaType
from sandbox.http.arrival import Arrival
from sandbox.worlds.pending_bodies import FREE, Busy, PendingBodies

FRAMING = ("content-length", "transfer-encoding")
"""The headers without which a request has no body (RFC 9112 section 6.3)."""
CODINGS = ("gzip", "x-gzip", "deflate")
MOST_CODINGS, MOST_MEMBERS = 3, 100
"""Limits of one body: codings, and members of a gzip stream."""

ACCEPTED = "gzip, deflate"
"""The codings that `Accept-Encoding` lists in a refusal (RFC 9110 section 15.5.16)."""

RULE = "frontend.content-coding"
_WHOLE, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
"""Modes of zlib: for a stream with the header of gzip or zlib, and for one without, as some clients write `deflate`."""


GRACE = 0.5
"""Seconds in which the body of a caller who was refused by the headers must arrive to be kept in the journal."""


class TooSlow(Injected):
    """A body that stopped arriving: 408."""

    def __init__(self, seconds: float) -> None:
        super().__init__(408, rule="frontend.body-timeout")
        self.text = f"No byte of the body arrived for {seconds:g} seconds"
        self.instead = "the whole body without such a pause"


class UnsupportedCoding(WrongMediaType):
    """A body with an unsupported content coding."""


async def read_body(
    request: Request, headers: Mapping[str, str], limit: int, pending: PendingBodies, timeout: float
) -> bytes:
    """Read and decode the whole body. Raises TooLarge as soon as it exceeds the limit, UnsupportedCoding, Unreadable,
    Busy, and TooSlow after `timeout` seconds without a byte.
    """
    if request.scope["method"] == "GET" and headers.keys().isdisjoint(FRAMING):
        return b""
    names = codings(headers["content-encoding"]) if "content-encoding" in headers else []
    # Refused before anything is read; the chunks are counted as well, because the length may be missing.
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    arrival = Arrival(request.receive())
    # Most bodies are short, and there in one piece before anybody asks for them: they take no room that is counted.
    if arrival.has_come and _is_short(arrival.message, limit):
        body: bytes = arrival.message.get("body", b"")
    else:
        body = await _read(arrival, request, limit, pending, timeout)
    # The header lists codings in the order in which they were applied (RFC 9110 section 8.4).
    for name in reversed(names):
        body = decoded(body, name, limit)
    return body


async def _read(arrival: Arrival, request: Request, limit: int, pending: PendingBodies, timeout: float) -> bytes:
    """Read a body, from its first message on, as it was sent."""
    body = _Body(limit, pending)
    try:
        # Then no time-out is set up.
        if arrival.has_come and body.take(arrival.message):
            return body.whole
        # One time-out for all chunks, moved by each further one.
        async with asyncio.timeout(timeout) as patience:
            # A message that had arrived was taken above: it must not be added twice.
            is_whole = not arrival.has_come and body.take(await arrival)
            while not is_whole:
                patience.reschedule(asyncio.get_running_loop().time() + timeout)
                is_whole = body.take(await request.receive())
            return body.whole
    except TimeoutError:
        raise TooSlow(timeout) from None
    finally:
        pending.release(body.size)


def _is_short(message: Message, limit: int) -> bool:
    """Return whether a message is a whole body that cannot be refused."""
    is_whole = message["type"] == "http.request" and not message.get("more_body", False)
    return is_whole and len(message.get("body", b"")) <= min(limit, FREE)


class _Body:
    """The chunks of a body so far, and their length."""

    def __init__(self, limit: int, pending: PendingBodies) -> None:
        self._limit, self._pending = limit, pending
        self._chunks: list[bytes] = []
        self.size = 0

    def take(self, message: Message) -> bool:
        """Add a chunk; return whether it is the last one. Raises ClientDisconnect, TooLarge, Busy."""
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        if self.size + len(chunk) > self._limit:
            raise _too_large(self._limit)
        self._pending.grow(self.size, self.size + len(chunk))
        self.size += len(chunk)
        self._chunks.append(chunk)
        return not message.get("more_body", False)

    @property
    def whole(self) -> bytes:
        return b"".join(self._chunks)


async def arrived(request: Request, headers: Mapping[str, str], limit: int, pending: PendingBodies) -> bytes | None:
    """Return the body of a request that is refused anyway, for the journal: None if it does not arrive at once.

    Raises TooLarge for a stated length over the limit, as for any other request.
    """
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    # A client that waits for the answer to its headers has it now.
    if "expect" in headers:
        return None
    try:
        async with asyncio.timeout(GRACE):
            return await read_body(request, headers, limit, pending, GRACE)
    except (TimeoutError, TooSlow, TooLarge, Busy):
        return None
    except SandboxError:  # it cannot be decoded
        return b""


def codings(header: str) -> list[str]:
    """Return the codings of a body in the order in which they were applied. Raises UnsupportedCoding."""
    names = [name for part in header.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    unknown = next((name for name in names if name not in CODINGS), None)
    if unknown is not None:
        text = f"The content coding {unknown[:100]} is not supported; send gzip, deflate or none"
        raise UnsupportedCoding(text, rule=RULE, instead=f"Content-Encoding: {ACCEPTED}, or none")
    if len(names) > MOST_CODINGS:
        raise UnsupportedCoding(f"A body has at most {MOST_CODINGS} content codings", rule=RULE, instead="one coding")
    return names


def decoded(body: bytes, coding: str, limit: int) -> bytes:
    """Decode one coding. Raises TooLarge, and Unreadable for an invalid body."""
    try:
        try:
            return _inflated(body, _WHOLE, limit)
        except zlib.error:
            # Some clients send raw DEFLATE data, without the zlib wrapper that RFC 9110 section 8.4.1.2 requires.
            if coding != "deflate":
                raise
            return _inflated(body, _RAW, limit)
    except (zlib.error, EOFError) as error:
        raise Unreadable(f"The body cannot be decoded as {coding}", rule=RULE) from error


def _inflated(body: bytes, window: int, limit: int) -> bytes:
    """Decode every member of a stream."""
    parts: list[bytes] = []
    size = 0
    # A gzip stream may consist of several members (RFC 1952 section 2.2), each of which could be empty.
    while body and len(parts) < MOST_MEMBERS:
        stream = zlib.decompressobj(window)
        # One byte more than allowed shows that the limit is exceeded, without inflating the rest.
        parts.append(stream.decompress(body, limit - size + 1))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not stream.eof:
            raise EOFError
        body = stream.unused_data
    if body:
        raise EOFError
    return b"".join(parts)


def check_parts(body: bytes, most: int) -> None:
    """Raise TooLarge for a body of too many values: each takes far more memory than it has bytes."""
    if len(body) <= most:
        return
    kinds = (b"<",) if body[:100].lstrip().startswith(b"<") else (b",", b"[", b"{")
    if sum(map(body.count, kinds)) > most:
        raise TooLarge(f"The body has more than {most} values", rule="frontend.body-parts")


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes", rule="frontend.body-limit")
