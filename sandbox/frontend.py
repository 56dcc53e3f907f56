"""What every HTTP front end shares: find the caller, record the exchange, run the handler, speak the dialect.

A front end is a table of routes with a way to identify its callers and a way to say no. The order is always the same:
body (bounded) → caller, and with it the workspace → route → handler, which authorises before it parses → answer.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from sandbox.access.matrix import Cell, NotOffered, OtherIssuer, Refused, decide
from sandbox.access.principal import Principal
from sandbox.clock import instant
from sandbox.errors import MethodNotAllowed, NotFound, SandboxError, TooLarge
from sandbox.exchanges import Exchange, masked_body, masked_headers, masked_query
from sandbox.facts import ledger, weakest
from sandbox.settings import Settings
from sandbox.workspace import Workspace, Workspaces

log = logging.getLogger("sandbox.exchange")

LOOPBACK_PEERS = ("127.0.0.1", "::1", "localhost")


@dataclass(slots=True)
class Call:
    """One request on its way through a front end, and what has become known of it."""

    request: Request
    workspaces: Workspaces
    workspace: Workspace
    api: str
    path: str
    body: bytes = b""
    principal: Principal | None = None
    params: dict[str, str] = field(default_factory=dict)
    operation: str = ""
    cells: list[str] = field(default_factory=list)
    standings: list[str] = field(default_factory=list)
    hl7: dict[str, str] | None = None
    refusal: SandboxError | None = None

    @property
    def settings(self) -> Settings:
        return self.workspace.settings

    @property
    def base_url(self) -> str:
        """The base of this server as the client knows it, without a trailing slash."""
        if self.settings.base_url:
            return self.settings.base_url.rstrip("/")
        headers, url = self.request.headers, self.request.url
        scheme, host = url.scheme, headers.get("host") or url.netloc
        peer = self.request.client.host if self.request.client else ""
        if self.settings.trust_proxy or peer in LOOPBACK_PEERS:
            scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
            host = headers.get("x-forwarded-host", host).split(",")[0].strip()
        return f"{scheme}://{host}"

    @property
    def media_type(self) -> str:
        """The type of the body without its parameters, in lower case."""
        return self.request.headers.get("content-type", "").split(";")[0].strip().lower()

    def authorise(self, action: str, *, principal: Principal | None = None) -> Cell:
        """Asks the matrix; the cell goes into the answer either way. Raises what `decide` raises."""
        caller = principal or self.principal
        assert caller is not None, "a front end identifies its callers before it authorises"  # noqa: S101
        self.cells.append(f"{caller.integration_type}.{self.api}.{action}")
        cell = decide(caller, self.api, action)
        self.rests_on(cell.standing)
        return cell

    def rests_on(self, standing: str) -> None:
        """Notes a standing that this answer depends on."""
        self.standings.append(standing)


Handler = Callable[[Call], Response]
Identify = Callable[[Call], Principal | None]
Dialect = Callable[[Call, SandboxError], Response]


class Route:
    """An address of a front end: methods, a path with `{parameters}`, the handler, and the name of the operation."""

    def __init__(self, methods: str | Sequence[str], path: str, handler: Handler, operation: str = "") -> None:
        self.methods = tuple([methods] if isinstance(methods, str) else methods)
        self.path = path
        self.handler = handler
        self.operation = operation
        self._pattern: re.Pattern[str] = compile_path(path)[0]

    def match(self, path: str) -> dict[str, str] | None:
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """An ASGI application for one API below one prefix. `fallback` answers what no route matches."""

    api: str
    workspaces: Workspaces
    routes: tuple[Route, ...]
    dialect: Dialect
    identify: Identify = lambda call: None
    fallback: Handler | None = None
    journal: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = Request(scope, receive)
        path = scope["path"][len(scope.get("app_prefix", "")) :] or "/"
        call = Call(request, self.workspaces, self.workspaces.default, self.api, path)
        error: SandboxError | None = None
        try:
            call.body = await _read(request, call.settings.max_body_bytes)
            response = self._answer(call)
        except ClientDisconnect:
            return
        except SandboxError as refused:
            error = refused
            response = self.dialect(call, refused)
        except Exception:
            log.exception("%s %s failed", request.method, path)
            error = SandboxError("Internal error: the log of the sandbox has the details")
            response = self.dialect(call, error)
        if self.journal:
            self._record(call, response, error or call.refusal, started)
        await response(scope, receive, send)

    def _answer(self, call: Call) -> Response:
        call.principal = self.identify(call)
        if call.principal is not None:
            call.workspace = call.principal.workspace
        return self._route(call)(call)

    def _route(self, call: Call) -> Handler:
        method = "GET" if call.request.method == "HEAD" else call.request.method
        allowed: list[str] = []
        for route in self.routes:
            params = route.match(call.path)
            if params is None:
                continue
            if method in route.methods:
                call.params, call.operation = params, route.operation
                return route.handler
            allowed += route.methods
        if self.fallback is not None:
            return self.fallback
        if allowed:
            raise MethodNotAllowed(f"{method} is not offered here", tuple(dict.fromkeys(allowed)))
        raise NotFound(f"Nothing at {call.request.url.path}")

    def _record(self, call: Call, response: Response, error: SandboxError | None, started: float) -> None:
        exchange = _exchange(call, response, error, (time.perf_counter() - started) * 1000)
        call.workspace.exchanges.add(exchange)
        headers = {"PKB-Sandbox-Exchange": exchange.id, "PKB-Sandbox-Cell": exchange.cell}
        headers["PKB-Sandbox-Standing"] = exchange.standing
        if exchange.explanation:
            headers["PKB-Sandbox-Explain"] = f"/_sandbox/exchanges/{exchange.id}/explanation"
        for name, value in headers.items():
            if value:
                response.headers[name] = value
        log.info(
            "%s %s %s · %s · %s · %d · %.1f ms",
            call.api,
            exchange.method,
            exchange.operation or call.path,
            exchange.caller or "nobody",
            exchange.cell or "no cell",
            exchange.status,
            exchange.ms,
        )


def _exchange(call: Call, response: Response, error: SandboxError | None, ms: float) -> Exchange:
    request = call.request
    query = masked_query(request.url.query)
    rule = ledger().get(error.rule) if error and error.rule else None
    if error is not None:
        call.rests_on(rule.standing if rule else "choice")
    exchange = Exchange(
        id=call.workspace.exchange_ids.uuid(),
        at=instant(call.workspace.clock.now()),
        api=call.api,
        operation=call.operation,
        caller=call.principal.description if call.principal else "",
        credential=call.principal.kind if call.principal else "",
        cell=", ".join(dict.fromkeys(call.cells)),
        standing=weakest(*call.standings) if call.standings else "",
        method=request.method,
        path=request.url.path + (f"?{query}" if query else ""),
        request_headers=masked_headers(dict(request.headers)),
        request_body=masked_body(call.body, call.media_type),
        status=response.status_code,
        response_headers=masked_headers(dict(response.headers)),
        response_body=masked_body(bytes(response.body), response.headers.get("content-type", "")),
        hl7=call.hl7,
        ms=ms,
    )
    if error is not None:
        exchange.explanation = {
            "rule": rule.text if rule else error.text,
            "cell": exchange.cell,
            "caller": exchange.caller or "nobody that this API knows",
            "expected": error.text,
            "instead": error.instead,
            "standing": rule.standing if rule else "choice",
            "source": rule.source if rule else _cell_source(error, call),
        }
    return exchange


def _cell_source(error: SandboxError, call: Call) -> str:
    from sandbox.access.matrix import matrix

    if isinstance(error, (NotOffered, OtherIssuer, Refused)) and call.cells:
        return matrix()[call.cells[0]].source
    return "PKB is silent"


async def _read(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known to be over the limit, without reading the rest."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes", rule="frontend.body-limit")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"The body is larger than {limit} bytes", rule="frontend.body-limit")
        chunks.append(chunk)
    return b"".join(chunks)
