"""The common part of all HTTP front ends: find the caller, record the exchange, run the handler, convert errors.

A front end is a table of routes with functions for its callers and its errors. The order is always the same:
caller, and with it the workspace → body (limited, decoded) → route → handler, which authorises before it parses →
response.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.access.credentials import bearer
from sandbox.access.principal import Principal
from sandbox.access.tokens import principal_of
from sandbox.domain import due
from sandbox.domain.record import Cause
from sandbox.errors import MethodNotAllowed, NotFound, NotReady, NotStored, SandboxError
from sandbox.http import faults, request_body
from sandbox.http.answers import LONG, send_long, send_response
from sandbox.http.call import Call
from sandbox.http.incoming_body import IncomingBody
from sandbox.http.journal import record, record_again, remembered
from sandbox.http.repeatable import AnswerMemory, Headers, Key, key_of
from sandbox.http.routes import Handler, Route, RouteTable, methods_at
from sandbox.http.strict import check_strictly
from sandbox.http.subject import SubjectOf, signed_in
from sandbox.worlds.causes import CAUSE
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.loop_turns import loop_turns
from sandbox.worlds.slices import LARGE
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.http.front_end")


UNRECORDED = "pkb_sandbox.unrecorded"
"""Key of the scope of a request, made in this process, that enters no journal and meets no fault rule; its value is a
list to which the front end adds the call and its refusal.
"""

APIS_OF_PKB = frozenset({"hl7", "rest", "oauth", "facade", "messaging", "customer", "aggregated"})
"""The front ends that behave as PKB's APIs; the others are the sandbox's own."""

TURN = 0.01
"""Seconds of one turn of the loop after which further requests wait for one of the next turns."""

Identify = Callable[[Call], Principal | None]
Dialect = Callable[[Call, SandboxError], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontEnd:
    """An ASGI application for one API below one prefix. `fallback` answers requests without a route.

    `identifies_by_body` is True where callers are identified by the body too, which is then read from everybody.
    `is_always_open` is True where requests are answered while the world is still loading, or changes in slices.
    `writes` is False where no request changes a world itself: then a reset of the world ends none of them. `repeats` is
    True where answers may be remembered.
    """

    api: str
    workspaces: Workspaces
    routes: tuple[Route, ...]
    dialect: Dialect
    identify: Identify = lambda call: None
    subject_of: SubjectOf = signed_in
    words: faults.FaultWords = faults.PLAIN
    fallback: Handler | None = None
    journal: bool = True
    identifies_by_body: bool = False
    writes: bool = True
    repeats: bool = False
    is_always_open: bool = False
    _table: RouteTable = field(init=False, repr=False)
    _memory: AnswerMemory = field(init=False, repr=False, default_factory=AnswerMemory)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", RouteTable(self.routes))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        key = key_of(scope) if self.repeats and scope["method"] == "GET" and UNRECORDED not in scope else None
        again = self._repeated_answer(key, scope, started) if key is not None else None
        if again is not None:
            await send({"type": "http.response.start", "status": 200, "headers": again[0]})
            if len(again[1]) <= LONG:
                await send({"type": "http.response.body", "body": again[1]})
            else:
                await send_long(again[1], scope, send)
            return
        call = Call(Request(scope, receive), self.workspaces, self.workspaces.default, self.api, _path(scope), started)
        try:
            response, error = await self._response_and_error(call)
        # The body never arrived and nobody waits for an answer: there is no exchange to record.
        except ClientDisconnect:
            return
        if self.workspaces.keeper is not None and not self.is_always_open:
            response, error = await self._stored(call, response, error)
        if call.fault is not None:
            response = await faults.changed_response(call.fault, call, response, self.words)
        # Recorded before it is sent: a client that has its answer finds the exchange in the journal.
        if self._records(call):
            call.patient = call.patient or self.subject_of(call)
            headers = [*response.raw_headers] if call.is_repeatable else []
            exchange = record(call, response, error or call.refusal, (time.perf_counter() - started) * 1000)
            if call.is_repeatable and key is not None and exchange.status == 200 and call.fault is None:
                self._remember(key, call, exchange, response, headers)
        elif UNRECORDED in scope:
            scope[UNRECORDED].append((call, error or call.refusal))
        if call.fault is not None:
            await faults.deliver(call, response, scope, receive, send)
        else:
            await send_response(response, scope, receive, send)

    async def _stored(
        self, call: Call, response: Response, error: SandboxError | None
    ) -> tuple[Response, SandboxError | None]:
        """Return the answer when the changes behind it are in the data file, or a refusal if they cannot be written."""
        keeper = self.workspaces.keeper
        assert keeper is not None  # noqa: S101 - asked before
        try:
            writes = call.is_about_a_world and call.request.method not in ("GET", "HEAD")
            await keeper.settle(call.workspace, writes=writes)
        except NotStored as refused:
            # What the handler refused is no longer the answer.
            call.refusal = None
            return self.dialect(call, refused), refused
        return response, error

    async def _response_and_error(self, call: Call) -> tuple[Response, SandboxError | None]:
        """Return the response, and the error behind it if it is a refusal. Raises ClientDisconnect."""
        body = IncomingBody(call)
        try:
            if self._is_turn_over():
                await loop_turns().mine(TURN)
            refusal = None if self.identifies_by_body else self._identified(call)
            await body.read(refusal)
            if len(call.body) >= LARGE and call.request.method not in ("GET", "HEAD"):
                async with self.workspaces.large_requests.one_by_one(len(call.body)):
                    return await self._answer(call, self._identified_again(call, refusal)), None
            has_waited = self._is_turn_over()
            if has_waited:
                await loop_turns().mine(TURN)
            refusal = self._identified_again(call, refusal) if body.was_slow or has_waited else refusal
            return await self._answer(call, refusal), None
        except ClientDisconnect:
            raise
        except SandboxError as refused:
            response = self.dialect(call, refused)
            response.headers.update(body.headers_of_refusal(refused))
            # The frames that it passed hold the call, and it: a cycle would keep the world until garbage is collected.
            return response, refused.with_traceback(None)
        except Exception:
            log.exception("%s %s failed", call.request.method, call.path)
            error = SandboxError("Internal error: the log of the sandbox has the details")
            return self.dialect(call, error), error

    def _identified_again(self, call: Call, refusal: SandboxError | None) -> SandboxError | None:
        """Identify a caller again whose request has waited: the credentials may have been revoked meanwhile."""
        return refusal if refusal is not None or self.identifies_by_body else self._identified(call)

    def _is_turn_over(self) -> bool:
        """Return whether a request has to wait for a turn of the loop in which there is time for it.

        Many requests may arrive in one turn: others, and whether the server lives, are answered between them.
        """
        return not self.is_always_open and loop_turns().are_over(TURN)

    def _repeated_answer(self, key: Key, scope: Scope, started: float) -> tuple[Headers, bytes] | None:
        """Return the headers and body of a remembered answer, if nothing has changed since; else None."""
        answer = self._memory.find(key)
        if answer is None:
            return None
        try:
            caller = principal_of(self.workspaces, answer.token)
        except SandboxError:
            return None
        workspace = caller.workspace
        now = workspace.clock.now()
        if not answer.is_valid_for(caller, now) or workspace.faults or due.is_any_due(workspace.store, now):
            return None
        workspace.usage.touch()
        body = answer.renew(workspace, now) if answer.renew else answer.body
        ms = (time.perf_counter() - started) * 1000
        return record_again(self.workspaces, workspace, answer, body, ms), body

    def _remember(self, key: Key, call: Call, exchange: Exchange, response: Response, headers: Headers) -> None:
        token = bearer(call.headers.get("authorization", ""))
        has_body = not call.headers.keys().isdisjoint(request_body.FRAMING)
        # What changed while the answer was put together may be in it, or not.
        has_changed = call.mark is not call.workspace.store.mark
        if token is None or has_body or has_changed or call.identified is None:
            return
        self._memory.keep(key, remembered(call, call.identified, exchange, response, headers, token))

    def _identified(self, call: Call) -> SandboxError | None:
        """Identify the caller by the headers alone, before the body is read; return the refusal, if it is refused."""
        if self.workspaces.is_loading and not self.is_always_open:
            return NotReady()
        try:
            call.principal = call.identified = self.identify(call)
        except SandboxError as refused:
            return refused
        return None

    async def _answer(self, call: Call, refusal: SandboxError | None) -> Response:
        try:
            if self.identifies_by_body:
                refusal = self._identified(call)
            if refusal is not None:
                raise refusal
            workspace = call.principal.workspace if call.principal is not None else call.workspace
            if workspace.in_flight.is_paused and self._waits_for_world(call):
                await workspace.in_flight.resumed()
            call.enter(workspace)
            handler = self._route(call)
            if call.settings.strict and self.api in APIS_OF_PKB:
                check_strictly(call)
        except SandboxError as refused:
            # Where there are fault rules, a refusal may meet one: networks lose refused requests too.
            if not call.workspace.faults:
                raise
            handler = _refusing(refused)
        if call.workspace.faults and self._records(call):
            return await self._perhaps_faulted(call, handler)
        return await self._run(call, handler)

    def _waits_for_world(self, call: Call) -> bool:
        """Return whether a request waits for a change of its world in slices."""
        match = self._table.find(_routed_method(call), call.path)
        return not self.is_always_open and (match is None or match.route.is_about_a_world)

    async def _perhaps_faulted(self, call: Call, handler: Handler) -> Response:
        """Execute a request under the fault rules of its world."""
        target = faults.HttpTarget(call, self.words, self.subject_of)
        hit = call.workspace.faults.choose(target, call.workspace.clock.now)
        if hit is None:
            return await self._run(call, handler)
        return await faults.carry_out(hit, target, lambda call: self._run(call, handler))

    async def _run(self, call: Call, handler: Handler) -> Response:
        writes = self.writes and call.request.method not in ("GET", "HEAD")
        # Control calls that still arrive are for the state that the world has then: a reset after a reset is one.
        call.workspace.in_flight.check_unchanged(call.began, writes=writes and self.api in APIS_OF_PKB)
        earlier = CAUSE.set(call.cause if self._records(call) else Cause(api=self.api))
        try:
            answer = handler(call)
            if isinstance(answer, Response):
                return answer
            if not call.is_about_a_world:
                return await answer
            return await call.workspace.in_flight.finish(answer, writes=writes)
        finally:
            CAUSE.reset(earlier)

    def _records(self, call: Call) -> bool:
        return self.journal and UNRECORDED not in call.request.scope and not self.workspaces.is_loading

    def _route(self, call: Call) -> Handler:
        method = _routed_method(call)
        match = self._table.find(method, call.path)
        if match is not None:
            call.params, call.operation = match.params, match.route.operation
            call.is_about_a_world = match.route.is_about_a_world
            return match.route.handler
        if self.fallback is not None:
            return self.fallback
        allowed = methods_at(self.routes, call.path)
        if allowed:
            text = f"{method} is not offered at {call.request.url.path}; allowed: {', '.join(allowed)}"
            raise MethodNotAllowed(text, allowed, rule="frontend.other-method")
        raise NotFound(f"No route matches {call.request.url.path}", rule="frontend.unknown-path")


def _routed_method(call: Call) -> str:
    method: str = call.request.scope["method"]
    # RFC 9110, 9.3.2: the same answer, whose content the server then leaves out.
    return "GET" if method == "HEAD" else method


def _path(scope: Scope) -> str:
    """Return the path of a request below the prefix of its front end."""
    path: str = scope["path"][len(scope.get("app_prefix", "")) :]
    return path or "/"


def _refusing(error: SandboxError) -> Handler:
    """Return the handler of a refused request, unless a fault rule applies."""

    def refuse(call: Call) -> Response:
        raise error

    return refuse
