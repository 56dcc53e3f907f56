"""The style sheet and the scripts of the console. Only the files that ship with it are served."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from starlette.responses import Response

from sandbox.base import datafiles
from sandbox.errors import NotFound
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


class StaticFile(NamedTuple):
    """A file with its media type and entity tag."""

    content: bytes
    media_type: str
    etag: str


@cache
def files() -> dict[str, StaticFile]:
    """File name → file."""
    paths = datafiles.beside_code("console/static").iterdir()
    return {path.name: _file(path.read_bytes(), MEDIA_TYPES[path.suffix]) for path in paths if path.is_file()}


def _file(content: bytes, media_type: str) -> StaticFile:
    return StaticFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:16]}"')


def static_file(call: Call) -> Response:
    """Return a file, or 304 for a browser that has it. Raises NotFound."""
    file = files().get(call.params["name"])
    if file is None:
        raise NotFound("The console has no such file")
    # no-cache: a browser asks each time, and gets 304, so that a new version of the sandbox shows at once.
    headers = {"Cache-Control": "no-cache", "ETag": file.etag, "X-Content-Type-Options": "nosniff"}
    if call.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return BytesResponse(file.content, file.media_type, headers=headers)
