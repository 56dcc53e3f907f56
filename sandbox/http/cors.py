"""Cross-origin calls of browsers: off unless a setting lists origins.

PKB's pages do not mention CORS, so no web page can rely on calling PKB; in development a page may call a sandbox.
Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.access.addresses import origin_of
from sandbox.errors import Invalid

ANY = "*"
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
EXPOSED = (
    "Accept-Patch, Allow, Content-Disposition, Content-Location, ETag, Last-Modified, Location, Retry-After, "
    "WWW-Authenticate, PKB-Sandbox-Exchange, PKB-Sandbox-Cell, PKB-Sandbox-Standing, PKB-Sandbox-Explain, "
    "PKB-Sandbox-Fault"
)
"""Response headers that a page may read, besides those that every page may."""
MAX_AGE = 600
"""Seconds for which a browser may cache a preflight."""
PREFLIGHT_VARIES = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?/?")
_HEADER_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+(?:\s*,\s*[A-Za-z0-9!#$%&'*+.^_`|~-]+)*")


def sharing(settings: Iterable[str]) -> Callable[[ASGIApp], ASGIApp]:
    """Return a wrapper that opens an application to the origins of the setting. Raises Invalid for an invalid
    origin.
    """
    origins = frozenset(_origin(text) for text in settings)
    return (lambda app: Cors(app, origins)) if origins else (lambda app: app)


def _origin(text: str) -> str:
    if text == ANY:
        return ANY
    origin = origin_of(text) if _ORIGIN.fullmatch(text) else ""
    if not origin:
        raise Invalid(f"--cors-origin {text}: must be * or an origin such as http://localhost:3000, without a path")
    return origin


class Cors:
    """An application that answers preflight requests, and lets pages of some origins read its responses.

    A listed origin may send the browser's credentials; with `*` none may.
    """

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Headers(scope=scope)
        allowed = self._allowed(request.get("origin"))
        if allowed and scope["method"] == "OPTIONS" and "access-control-request-method" in request:
            await self._preflight(request, allowed)(scope, receive, send)
            return

        async def send_shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # With `*` every page gets the same headers, so caches need not tell origins apart.
                if ANY not in self._origins:
                    headers.add_vary_header("Origin")
                if allowed:
                    headers.update({**allowed, "Access-Control-Expose-Headers": EXPOSED})
            await send(message)

        await self._app(scope, receive, send_shared)

    def _allowed(self, origin: str | None) -> dict[str, str]:
        """Return the headers that admit a page of an origin; empty for any other origin."""
        if origin is None:
            return {}
        if ANY in self._origins:
            return {"Access-Control-Allow-Origin": ANY}
        if origin_of(origin) not in self._origins:
            return {}
        # Never `*`: with credentials, browsers accept only the origin itself.
        return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}

    def _preflight(self, request: Headers, allowed: dict[str, str]) -> Response:
        headers = {**allowed, "Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": str(MAX_AGE)}
        headers["Vary"] = PREFLIGHT_VARIES
        requested = request.get("access-control-request-headers", "")
        # Any header name is allowed: the origin is admitted, and clients add headers of their own.
        if _HEADER_NAMES.fullmatch(requested):
            headers["Access-Control-Allow-Headers"] = requested
        # Chrome asks for this before a public page may call a private address (Private Network Access).
        if request.get("access-control-request-private-network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(status_code=204, headers=headers)
