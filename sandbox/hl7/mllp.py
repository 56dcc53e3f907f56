"""MLLP framing: bytes in, messages out; no I/O. A feature of the sandbox: PKB does not support MLLP.

A start block (VT) begins a message, even inside an unfinished one; an end block (FS) ends it, with or
without the carriage return after it. Incomplete messages are returned too, with their fault, so that none is lost.

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
"""Number of bytes outside a frame that are kept, to distinguish a message without a start block from noise."""
_BLANKED = str.maketrans({"\x0b": " ", "\x1c": " "})


class Frame(NamedTuple):
    """The content of a frame; `fault` describes the framing error of an incomplete message.

    `began` is the time at which its first byte arrived, by the clock of who fed it.
    """

    content: bytes
    fault: str = ""
    began: float = 0.0


class Frames:
    """Splits a stream into frames, however its bytes arrive. `limit` is the maximum size of a message. Noise is
    dropped.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._searched = 0
        self._began = 0.0

    @property
    def unfinished(self) -> bool:
        """Return whether a message has begun but not ended."""
        return self._inside

    @property
    def size(self) -> int:
        """Return the number of bytes of the message that has begun."""
        return len(self._buffer) if self._inside else 0

    def feed(self, data: bytes, now: float = 0.0) -> Iterator[Frame]:
        """Iterate over the frames that these bytes complete. Raises TooLarge for one over the limit, after earlier
        ones.
        """
        self._buffer += data
        while True:
            at = self._next_block()
            if self._inside and (at if at >= 0 else len(self._buffer)) > self._limit:
                raise TooLarge(f"An MLLP message is larger than {self._limit} bytes", rule="hl7.mllp")
            if at < 0:
                # Enough to recognise a header; a peer that sends noise must not fill the memory.
                if not self._inside and len(self._buffer) > MOST_STRAY:
                    del self._buffer[MOST_STRAY:]
                self._searched = len(self._buffer)
                return
            began = self._began if self._inside else now
            frame = self._take(at)
            if self._inside:
                self._began = now
            if frame is not None:
                yield frame._replace(began=began)

    def rest(self) -> Frame | None:
        """Return the rest when the stream ends, if it is part of a message."""
        content, inside = bytes(self._buffer), self._inside
        self._buffer.clear()
        self._inside, self._searched = False, 0
        if inside:
            return Frame(content, NO_END, self._began)
        return Frame(content, NO_START, self._began) if _is_message(content) else None

    def _next_block(self) -> int:
        """Return the position of the next start or end block; -1 if it has not arrived."""
        # Both blocks are looked for: a start block inside a message means that the rest of it was lost.
        places = [at for at in (self._buffer.find(block, self._searched) for block in (START, END)) if at >= 0]
        return min(places, default=-1)

    def _take(self, at: int) -> Frame | None:
        """Return the frame that a block completes; None for noise."""
        content, begins = bytes(self._buffer[:at]), self._buffer[at : at + 1] == START
        del self._buffer[: at + 1]
        inside, self._inside, self._searched = self._inside, begins, 0
        if inside:
            return Frame(content, REPLACED if begins else "")
        return Frame(content, NO_START) if _is_message(content) else None


def _is_message(stray: bytes) -> bool:
    """Return whether bytes outside a frame look like a message rather than noise."""
    return stray.strip().removeprefix(b"\xef\xbb\xbf").startswith(b"MSH")


def framed(text: str) -> bytes:
    """Frame a message for sending. Framing characters in the text are replaced by blanks, as they would end it."""
    return START + text.translate(_BLANKED).encode() + END + RETURN
