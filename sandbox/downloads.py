"""A file as an answer: its bytes in pieces, its media type, and a name that cannot break out of its header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from sandbox.model import Attachment

CHUNK = 64 * 1024
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")


def download(attachment: Attachment) -> Response:
    """The bytes as they were sent, with the file name in plain letters and in full (RFC 6266)."""
    plain, full = _UNSAFE.sub("_", attachment.filename), quote(attachment.filename, safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{full}",
        "Content-Length": str(attachment.size),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_chunks(attachment.content), headers=headers, media_type=attachment.media_type)


def _chunks(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    return (bytes(view[start : start + CHUNK]) for start in range(0, len(content), CHUNK))
