"""What every HTTP front end shares: find the caller, record the exchange, run the handler, speak the dialect.

A front end is a table of routes with a way to identify its callers and a way to say no. The order is always the same:
body (bounded, decoded) → caller, and with it the workspace → route → handler, which authorises before it parses →
answer.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sandbox.access.principal import Principal
from sandbox.domain.record import Cause
from sandbox.errors import MethodNotAllowed, NotFound, SandboxError
from sandbox.http import request_body
from sandbox.http.call import Call
from sandbox.http.journal import record
from sandbox.http.subject import SubjectOf, signed_in
from sandbox.worlds.workspace import Workspaces, caused_by

log = logging.getLogger("sandbox.http.front_end")


Handler = Callable[[Call], Response | Awaitable[Response]]
"""What answers a route. One with much to do gives an awaitable, and lets other requests in between."""

Identify = Callable[[Call], Principal | None]
Dialect = Callable[[Call, SandboxError], Response]


class Route:
    """An address of a front end: methods, a path with `{parameters}`, the handler, and the name of the operation."""

    def __init__(self, methods: str | Sequence[str], path: str, handler: Handler, operation: str = "") -> None:
        self.methods = tuple([methods] if isinstance(methods, str) else methods)
        self.path = path
        self.handler = handler
        self.operation = operation
        self.start = path.partition("{")[0]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Compiled when the first request is held against it: a start compiles none of some hundred."""
        return compile_path(self.path)[0]

    def match(self, path: str) -> dict[str, str] | None:
        match = self._pattern.fullmatch(path)
        return match.groupdict() if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """An ASGI application for one API below one prefix. `fallback` answers what no route matches."""

    api: str
    workspaces: Workspaces
    routes: tuple[Route, ...]
    dialect: Dialect
    identify: Identify = lambda call: None
    subject_of: SubjectOf = signed_in
    fallback: Handler | None = None
    journal: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive)
        path = scope["path"][len(scope.get("app_prefix", "")) :] or "/"
        call = Call(request, self.workspaces, self.workspaces.default, self.api, path)
        error: SandboxError | None = None
        try:
            call.body = await request_body.read(request, call.settings.max_body_bytes)
            call.request = _as_decoded(request, call.body)
            response = await self._answer(call)
        except ClientDisconnect:
            return
        except SandboxError as refused:
            error = refused
            response = self.dialect(call, refused)
            if isinstance(refused, request_body.UnsupportedCoding):
                response.headers["Accept-Encoding"] = request_body.ACCEPTED
        except Exception:
            log.exception("%s %s failed", request.method, path)
            error = SandboxError("Internal error: the log of the sandbox has the details")
            response = self.dialect(call, error)
        if self.journal:
            call.patient = call.patient or self.subject_of(call)
            record(call, response, error or call.refusal, (time.perf_counter() - started) * 1000)
        await response(scope, receive, send)

    async def _answer(self, call: Call) -> Response:
        call.principal = self.identify(call)
        if call.principal is not None:
            call.workspace = call.principal.workspace
        call.workspace.catch_up()
        with caused_by(call.cause if self.journal else Cause(api=self.api)):
            answer = self._route(call)(call)
            return answer if isinstance(answer, Response) else await answer

    def _route(self, call: Call) -> Handler:
        method = "GET" if call.request.method == "HEAD" else call.request.method
        for route in self.routes:
            if method not in route.methods or not call.path.startswith(route.start):
                continue
            params = route.match(call.path)
            if params is not None:
                call.params, call.operation = params, route.operation
                return route.handler
        if self.fallback is not None:
            return self.fallback
        allowed = [verb for route in self.routes if route.match(call.path) is not None for verb in route.methods]
        if allowed:
            methods = tuple(dict.fromkeys(allowed))
            raise MethodNotAllowed(f"{method} is not offered here", methods, rule="frontend.other-method")
        raise NotFound(f"No route matches {call.request.url.path}", rule="frontend.unknown-path")


def _as_decoded(request: Request, body: bytes) -> Request:
    """The request with headers that describe the body as it was decoded."""
    if "content-encoding" not in request.headers:
        return request
    kept = [pair for pair in request.scope["headers"] if pair[0] not in (b"content-encoding", b"content-length")]
    return Request({**request.scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
