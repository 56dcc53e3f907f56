"""Effects of fault rules on HTTP requests: processed, lost or repeated requests, and late, slow or broken responses.

The order is always the same: the caller and the address are known, a rule is chosen, the request is carried out or
not, its answer is changed, the exchange is recorded, the answer waits, and goes out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sandbox.access.credentials import bearer
from sandbox.access.tokens import token_expired
from sandbox.errors import Injected, SandboxError, Unauthenticated
from sandbox.http import connection
from sandbox.http.call import Call
from sandbox.http.patience import Patience
from sandbox.http.subject import SubjectOf
from sandbox.worlds.faults import FaultHit

RULE = "faults.injected"
BEARER_APIS = frozenset({"rest", "facade", "messaging", "customer", "aggregated"})
"""APIs whose requests carry an access token."""

Run = Callable[[Call], Awaitable[Response]]
"""Executes a request."""
TextOf = Callable[[Call], str]


def broken(body: bytes) -> bytes:
    """Return half of a text, which is then neither JSON nor XML."""
    return body[: len(body) // 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWords:
    """An API's functions for its requests before they are processed, and for its responses.

    `operation_of` and `client_of` are the journal's words; `note` keeps what the journal shows of a request that is
    not carried out. `acknowledge` refuses a message with a code and leaves it out of the record. `broken` is a
    malformed body in place of a good one.
    """

    operation_of: TextOf = lambda call: call.operation
    client_of: TextOf = lambda call: ""
    note: Callable[[Call], None] = lambda call: None
    acknowledge: Callable[[Call, str], Response] | None = None
    broken: Callable[[Call, bytes], bytes] = lambda call, body: broken(body)


PLAIN = FaultWords()


class HttpTarget:
    """A request for rules, in the terms of its API."""

    def __init__(self, call: Call, words: FaultWords, subject_of: SubjectOf) -> None:
        self.call = call
        self.words = words
        self.subject_of = subject_of
        self.api: str = call.api
        self.method: str = call.request.scope["method"]
        self.path: str = call.request.scope["path"]

    @cached_property
    def client(self) -> str:
        principal = self.call.principal
        return principal.credential.id if principal else self.words.client_of(self.call)

    @cached_property
    def operation(self) -> str:
        return self.words.operation_of(self.call)

    @cached_property
    def patient(self) -> str:
        return self.subject_of(self.call)

    def can_have(self, effect: str) -> bool:
        """Only a message can be acknowledged, and only a valid token that came with the request can expire."""
        if effect == "ack":
            return self.words.acknowledge is not None and self.method == "POST" and self.call.principal is not None
        if effect == "expire_token":
            return self.api in BEARER_APIS and self.call.principal is not None
        return True


async def carry_out(hit: FaultHit, target: HttpTarget, run: Run) -> Response:
    """Return the response to a request that a rule matches. Raises what the request raises, or what the rule
    requires.
    """
    call, words = target.call, target.words
    call.fault = hit
    call.rests_on("choice")
    if not hit.is_applied:
        # The handler, which names operation and client for the journal, does not run.
        call.operation, call.client = target.operation, target.client
        words.note(call)
    if hit.effect == "status":
        raise _with_status(hit.value)
    if hit.effect == "expire_token":
        token = bearer(call.headers.get("authorization", "")) or ""
        call.workspace.faults.expire(token)
        raise token_expired(rule=RULE)
    if hit.effect == "ack" and words.acknowledge is not None:
        return words.acknowledge(call, hit.value)
    call.warn(RULE, [f"fault rule {hit.id}: {hit}"])
    if not hit.is_applied:
        return Response()
    if hit.effect == "duplicate":
        await _first_time(call, run)
    return await run(call)


def _with_status(status: int) -> SandboxError:
    """Build a refusal with a status; for 401 in the API's words for invalid credentials."""
    if status == 401:
        return Unauthenticated("Unauthorized", code="BAD_AUTHENTICATION", rule=RULE)
    return Injected(status, rule=RULE)


async def _first_time(call: Call, run: Run) -> None:
    """Execute a request whose response is lost: the client gets the response to the second one."""
    # The same exchange id: both runs are one exchange in the journal, and the cause of their changes.
    first = replace(call, _exchange_id=call.exchange_id, params=dict(call.params), cells=[], standings=[], warnings=[])
    with suppress(SandboxError):  # the network repeats what was refused, too
        await run(first)


async def changed_response(hit: FaultHit, call: Call, response: Response, words: FaultWords) -> Response:
    """Return the response as it is sent: whole, cut, or broken."""
    if hit.retry_after is not None:
        response.headers["Retry-After"] = str(hit.retry_after)
    if hit.is_lost and call.hl7 is not None:
        # The journal shows what the client received, and this acknowledgement never reached it.
        call.hl7["text"] = ""
    if hit.effect not in ("truncate", "malformed") and hit.slow_body is None:
        return response
    whole = await _collected(response, call.request.scope)
    if hit.effect == "truncate":
        return _with_body(whole, bytes(whole.body)[: hit.value])
    if hit.effect == "malformed":
        return _with_body(whole, words.broken(call, bytes(whole.body)))
    return whole


async def _collected(response: Response, scope: Scope) -> Response:
    """Return a response with its whole body, even if it would have been streamed."""
    chunks: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.body":
            chunks.append(bytes(message.get("body", b"")))

    async def receive() -> Message:
        # Never resolved: a streamed response listens here for the disconnection of its client.
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    await response(scope, receive, collect)
    return _with_body(response, b"".join(chunks))


def _with_body(response: Response, body: bytes) -> Response:
    """Return the same response with another body and its length."""
    other = Response(body, response.status_code, media_type=response.media_type)
    kept = [pair for pair in response.raw_headers if pair[0] not in (b"content-length", b"transfer-encoding")]
    # 204 and 304 have no content, and so no length of one (RFC 9110 section 8.6).
    has_body = response.status_code not in (204, 304)
    other.raw_headers = [*kept, (b"content-length", str(len(body)).encode())] if has_body else kept
    return other


async def deliver(call: Call, response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the response after its delay, at the speed of the rule; or close the connection instead."""
    hit = call.fault
    assert hit is not None  # noqa: S101 - the front end asks for faulted requests alone
    with Patience(call.workspace) as patience:
        await patience.wait(hit.delay)
        if hit.effect == "reset":
            await connection.reset(scope, receive)
        elif hit.is_lost:
            await connection.close(scope, receive)
        elif hit.slow_body is not None:
            await _send_slowly(response, patience.pieces(bytes(response.body), hit.slow_body), receive, send)
        else:
            await response(scope, receive, send)


async def _send_slowly(response: Response, pieces: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send a body in pieces, as long as the client reads it."""
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    gone = asyncio.ensure_future(connection.disconnected(receive))
    try:
        async for piece in pieces:
            if gone.done():
                break
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()
