"""A file as an answer: its bytes in pieces, its media type, and a name that cannot break out of its header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from sandbox.model import Attachment

CHUNK = 64 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")
"""What no file is called: a client that saves under the full name must not write a control character, or elsewhere."""


def download(attachment: Attachment) -> Response:
    """The bytes as they were sent, with a file name in plain letters and in full (RFC 6266), neither a path."""
    plain = _UNSAFE.sub("_", attachment.filename)
    full = quote(_NO_NAME.sub("_", attachment.filename), safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}",
        "Content-Length": str(attachment.size),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_chunks(attachment.content), headers=headers, media_type=attachment.media_type)


def _chunks(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    return (bytes(view[start : start + CHUNK]) for start in range(0, len(content), CHUNK))
