"""A file as a response: its bytes in pieces, its media type, and a name that is safe in a header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from sandbox.model import Attachment

CHUNK = 64 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
"""Characters that a file name must not contain, because a client that saves the file would write them, or elsewhere."""


def download(attachment: Attachment) -> Response:
    """Return the bytes as sent, with a plain and a full file name (RFC 6266), neither of them a path."""
    plain = _UNSAFE.sub("_", attachment.filename)
    full = quote(_NO_NAME.sub("_", attachment.filename), safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}",
        "Content-Length": str(attachment.size),
        # A browser that guessed another type could run an uploaded page as one of this server's own.
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_chunks(attachment.content), headers=headers, media_type=attachment.media_type)


def _chunks(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    return (bytes(view[start : start + CHUNK]) for start in range(0, len(content), CHUNK))
