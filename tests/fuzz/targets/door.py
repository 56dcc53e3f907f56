"""The application in this process, as a target of whole requests, with good credentials.

An input is a request as text: method and target, headers, an empty line, the body. `$NAME` stands for a credential.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from sandbox.access.tokens import REALM, issue
from sandbox.app import create_app
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.facade.samples import NORTHMOOR_ID, RHYS

LIFE = 10**7
WAITING = ("/_sandbox/events", "wait=", "%77", "/_sandbox/generate")
"""Targets that are not asked for: they wait for something, or do what was asked for a long time."""


SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "server": ("127.0.0.1", 8080),
    "client": ("127.0.0.1", 50_000),
}
IN_PATH, IN_QUERY = "/%:$&'()*+,;=@!~", "/%:$&'()*+,;=@!~?|[]\\^`{}\"<>"
"""Characters that clients send as they are."""


class Errors(logging.Handler):
    """Keeps the first error that was logged with its trace."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.first: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and self.first is None:
            self.first = record.exc_info[1]


class Door:
    """An application in this process. Raises what it logged as an error, and AssertionError for an internal error."""

    def __init__(self) -> None:
        workspaces = Workspaces(Settings(seed=1))
        self.loop = asyncio.new_event_loop()
        self.app: Any = create_app(workspaces)
        world = workspaces.default
        held = {credential.id: credential for credential in world.store.all(Credential)}
        session = world.sessions.open("stepwise-diary", "PATIENT", user=RHYS)
        hl7 = f"org_northmoor:{held['org_northmoor'].secret}".encode()
        self.words = {
            "$CUSTOMER": "Bearer " + issue(world, held["northmoor-fhir"], f"http://x{REALM}", LIFE, {}).value,
            "$PARTNER": "Bearer " + issue(world, held["letterbox-facade"], "http://x", LIFE, {}).value,
            "$USER": "Bearer " + world.sessions.access_token(session, world.clock.now().replace(year=9000)),
            "$HL7": "Basic " + b64encode(hl7).decode(),
            "$ORG": NORTHMOOR_ID,
            "$RHYS": RHYS,
        }

    def ask(self, data: bytes) -> int:
        """Send a request, and return the status."""
        head, _, body = data.partition(b"\n\n")
        first, *lines = head.decode("latin-1").split("\n")
        method, _, target = self._filled(first).partition(" ")
        if any(word in target for word in WAITING):
            return 0
        pairs = [line.partition(":") for line in lines if ":" in line]
        headers = [
            (_printable(name).lower().encode(), _printable(self._filled(value)).encode("latin-1"))
            for name, _, value in pairs
        ]
        scope = {
            **SCOPE,
            **_address(target),
            "method": _printable(method) or "GET",
            "headers": [(b"host", b"localhost:8080"), (b"content-length", b"%d" % len(body)), *headers],
        }
        status, content = self.loop.run_until_complete(asyncio.wait_for(_answer(self.app, scope, body), 60))
        is_fault = b"soapenv:Fault" in content
        assert status < 500 or is_fault or status == 501, (status, content[:300])
        assert b"Internal error" not in content, content[:300]
        return status

    def _filled(self, text: str) -> str:
        for word, value in self.words.items():
            text = text.replace(word, value)
        return text


def _address(target: str) -> dict[str, Any]:
    path, _, query = target.partition("?")
    raw = quote(path or "/", safe=IN_PATH)
    return {"path": unquote(raw), "raw_path": raw.encode(), "query_string": quote(query, safe=IN_QUERY).encode()}


def _printable(text: str) -> str:
    """A header without the characters that no server passes on."""
    return "".join(character for character in text.strip() if " " <= character != "\x7f")


async def _answer(app: Any, scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return start["status"], b"".join(part.get("body", b"") for part in parts)


@cache
def _door(name: str) -> Door:
    return Door()


@contextmanager
def _watched() -> Iterator[None]:
    """Raise in the end what was logged as an error in the block."""
    errors, log = Errors(), logging.getLogger("sandbox")
    log.addHandler(errors)
    propagates, log.propagate = log.propagate, False
    try:
        yield
    finally:
        log.propagate = propagates
        log.removeHandler(errors)
        if errors.first is not None:
            raise errors.first


def ask_apis(data: bytes) -> int:
    with _watched():
        return _door("apis").ask(data)


def ask_control(data: bytes) -> int:
    """A door of its own: fault rules and clocks change what the others answer."""
    with _watched():
        return _door("control").ask(data)
