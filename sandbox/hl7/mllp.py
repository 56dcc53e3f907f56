"""MLLP framing: bytes in, messages out; no I/O. A convenience of the sandbox: PKB does not support MLLP.

Source: *HL7 Lower Layer Protocol*, HL7 2.4 implementation guide, appendix C; that PKB takes SOAP only is in
*HL7 Connection Guidance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848418
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.errors import TooLarge

START = b"\x0b"
END = b"\x1c\r"
_BLANKED = str.maketrans({"\x0b": " ", "\x1c": " "})


class Frames:
    """Takes a stream apart, however it is cut; what stands between frames is dropped. `limit` bounds a message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields the messages that these bytes complete. Raises TooLarge at one over the limit, after earlier ones."""
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> bytes | None:
        start = self._buffer.find(START)
        if start != 0:
            del self._buffer[: start if start > 0 else len(self._buffer)]
            self._searched = 0
        end = self._buffer.find(END, self._searched)
        self._check_size(end)
        if end < 0:
            self._searched = max(len(self._buffer) - 1, 0)
            return None
        message = bytes(self._buffer[len(START) : end])
        del self._buffer[: end + len(END)]
        self._searched = 0
        return message

    def _check_size(self, end: int) -> None:
        """Of an unfinished message the last byte may be half an end: so every cut has the same limit."""
        size = (end if end >= 0 else len(self._buffer) - self._buffer.endswith(END[:1])) - len(START)
        if size > self._limit:
            raise TooLarge(f"An MLLP message is larger than {self._limit} bytes", rule="hl7.mllp")


def framed(text: str) -> bytes:
    """A message as it goes over the wire. What it echoes of the framing characters is blanked: they would end it."""
    return START + text.translate(_BLANKED).encode() + END
