"""Calls from the console to the APIs of its own server, in this process: pages show what a client would get.

A call on someone's behalf needs no token and changes no session. Unless asked for, a call enters no journal and meets
no fault rule: looking at a record leaves no trace.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.types import Message

from sandbox.access.principal import Principal
from sandbox.access.tokens import acting_as
from sandbox.errors import Invalid, SandboxError
from sandbox.facts import ledger, weakest
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE
from sandbox.http.front_end import UNRECORDED

FORWARDED = ("host", "forwarded", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix")
"""Headers that decide the base URL of links: those of the person's own request apply."""


@dataclass(frozen=True, slots=True)
class InnerResponse:
    """The response of an API: status, headers by lower-case name, body.

    `standing` and `rule` (of a refusal) are those of an unrecorded call.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    standing: str = ""
    rule: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


class ControlCallRefused(Invalid):
    """A control call that was refused; `status` and the text are those of its problem details."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def send_request(
    call: Call,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | str | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    principal: Principal | None = None,
    is_recorded: bool = False,
) -> InnerResponse:
    """Send a request to this server as `principal`, who needs no token.

    A query that is text is sent as it is. Raises ConnectionLost where a fault rule lets no response out.
    """
    text = query if isinstance(query, str) else urlencode(query or {})
    exchange = _Exchange(call, method, path, text, dict(headers or {}), body, is_recorded)
    # A task of its own: requests in progress are known by their tasks, and the page's request is one of them.
    return await asyncio.create_task(exchange.run(principal))


async def send_control(
    call: Call, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
) -> Any:
    """Make a control call in the world of the page; return its JSON, or None. Raises ControlCallRefused."""
    names = {} if call.workspace is call.workspaces.default else {WORKSPACE: call.workspace.name}
    headers = {"accept": "application/json"}
    if call.settings.admin_token:
        # The person has passed the guard of the console already; the inner call has to pass that of the control API.
        headers["authorization"] = f"Bearer {call.settings.admin_token}"
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers["content-type"] = "application/json"
    response = await send_request(
        call, method, f"/_sandbox{path}", query={**(query or {}), **names}, headers=headers, body=content
    )
    is_json = "json" in response.headers.get("content-type", "")
    if response.status >= 400:
        raise ControlCallRefused(response.status, response.json()["detail"] if is_json else response.text)
    return response.json() if is_json else None


def _explained(response: InnerResponse, call: Call, error: SandboxError | None) -> InnerResponse:
    """Add the standing and rule that the journal would have for the exchange."""
    rule = ledger().get(error.rule) if error is not None and error.rule else None
    standings = [*call.standings, *([rule.standing if rule else "choice"] if error is not None else [])]
    return replace(
        response,
        standing=weakest(*standings) if standings else "",
        rule=rule.id if rule else "",
    )


class _Exchange:
    """One request to the application, and its response."""

    def __init__(
        self, call: Call, method: str, path: str, query: str, headers: dict[str, str], body: bytes, is_recorded: bool
    ) -> None:
        outer = call.request.scope
        inherited = {name: value for name, value in call.headers.items() if name in FORWARDED}
        merged = {
            **inherited,
            "content-length": str(len(body)),
            **{name.lower(): text for name, text in headers.items()},
        }
        self._app = outer["pkb_sandbox.app"]
        self._calls: list[tuple[Call, SandboxError | None]] = []
        self._scope = {
            "type": "http",
            "asgi": outer["asgi"],
            "http_version": "1.1",
            "method": method,
            "scheme": outer["scheme"],
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode("latin-1"), text.encode("latin-1", "replace")) for name, text in merged.items()],
            "client": outer["client"],
            "server": outer["server"],
            **({} if is_recorded else {UNRECORDED: self._calls}),
        }
        self._messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()

    async def run(self, principal: Principal | None) -> InnerResponse:
        with acting_as(principal):
            await self._app(self._scope, self._receive, self._send)
        response = InnerResponse(self._status, self._headers, bytes(self._body))
        return _explained(response, *self._calls[0]) if self._calls else response

    async def _receive(self) -> Message:
        """Return the request, then wait: a client that stays does not disconnect, which would end a stream."""
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop()

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in message["headers"]}
        else:
            self._body += message.get("body", b"")
