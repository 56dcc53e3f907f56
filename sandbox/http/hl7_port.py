"""The second port, like PKB's 7443: it serves only the HL7 API."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.http.prefixes import HL7


class Hl7Port:
    """Pass requests to the application; at the HL7 port only those to the HL7 API's path."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server") or ("", 0)
        if server[1] == self._port and not (scope["path"] == HL7 or scope["path"].startswith(f"{HL7}/")):
            text = f"This port serves the HL7 API only, at {HL7}."
            await PlainTextResponse(text, 404)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def with_port(base_url: str, port: int) -> str:
    """Return the same scheme and host with another port, without a path."""
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{port}"
