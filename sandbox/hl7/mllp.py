"""MLLP framing: bytes in, messages out; no I/O. A convenience of the sandbox: PKB does not support MLLP.

A start block (VT) begins a message, also where the one before it has not ended; an end block (FS) ends it, with or
without the carriage return behind it. What cannot be a whole message is given too, with its fault: none is lost.

Source: *HL7 Lower Layer Protocol*, HL7 2.4 implementation guide, appendix C; that PKB takes SOAP only is in
*HL7 Connection Guidance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.errors import TooLarge

START, END, RETURN = b"\x0b", b"\x1c", b"\r"
NO_START = "The message has no start block (VT)"
NO_END = "The message has no end block (FS)"
REPLACED = "The message has no end block (FS) before the next start block"
MOST_STRAY = 4096
"""Bytes outside a frame that are kept, to tell a message without a start block from noise."""
_BLANKED = str.maketrans({"\x0b": " ", "\x1c": " "})


class Frame(NamedTuple):
    """The content of a frame; `fault` says what is wrong with the framing of what is not a whole message."""

    content: bytes
    fault: str = ""


class Frames:
    """Takes a stream apart, however it is cut. `limit` bounds a message. Noise between frames is dropped."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._inside

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yields the frames that these bytes complete. Raises TooLarge at one over the limit, after earlier ones."""
        self._buffer += data
        while True:
            at = self._next_block()
            if self._inside and (at if at >= 0 else len(self._buffer)) > self._limit:
                raise TooLarge(f"An MLLP message is larger than {self._limit} bytes", rule="hl7.mllp")
            if at < 0:
                self._searched = len(self._buffer)
                if not self._inside and len(self._buffer) > MOST_STRAY:
                    del self._buffer[MOST_STRAY:]
                return
            frame = self._take(at)
            if frame is not None:
                yield frame

    def rest(self) -> Frame | None:
        """What is left when no more bytes come, if it is part of a message."""
        content, inside = bytes(self._buffer), self._inside
        self._buffer.clear()
        self._inside, self._searched = False, 0
        if inside:
            return Frame(content, NO_END)
        return Frame(content, NO_START) if _is_message(content) else None

    def _next_block(self) -> int:
        """Where the next start or end block is; -1 for nowhere yet."""
        places = [at for at in (self._buffer.find(block, self._searched) for block in (START, END)) if at >= 0]
        return min(places, default=-1)

    def _take(self, at: int) -> Frame | None:
        """The frame that a block at a place completes; None for noise."""
        content, begins = bytes(self._buffer[:at]), self._buffer[at : at + 1] == START
        del self._buffer[: at + 1]
        inside, self._inside, self._searched = self._inside, begins, 0
        if inside:
            return Frame(content, REPLACED if begins else "")
        return Frame(content, NO_START) if _is_message(content) else None


def _is_message(stray: bytes) -> bool:
    """Whether bytes outside a frame look like a message, and not like noise."""
    return stray.strip().removeprefix(b"\xef\xbb\xbf").startswith(b"MSH")


def framed(text: str) -> bytes:
    """A message as it goes over the wire. What it echoes of the framing characters is blanked: they would end it."""
    return START + text.translate(_BLANKED).encode() + END + RETURN
