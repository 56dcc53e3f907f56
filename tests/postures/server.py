"""Sandboxes in each posture, asked in this process: with the peer, host and version of HTTP of an attempt."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.server import SandboxServer
from tests.postures.attempts import Attempt

TOKEN = "open-sesame"


@dataclass(frozen=True)
class Posture:
    """Options of `serve`; `needs_token` says that calls of this machine need the admin token too."""

    options: dict[str, Any] = field(default_factory=dict)
    scheme: str = "http"
    needs_token: bool = False


POSTURES = {
    "laptop": Posture(),
    "laptop with a token": Posture({"admin_token": TOKEN}, needs_token=True),
    "container": Posture({"host": "0.0.0.0", "admin_token": TOKEN}, needs_token=True),
    "every address, token made by itself": Posture({"host": "0.0.0.0"}),
    "TLS": Posture(scheme="https"),
    "a base URL": Posture({"base_url": "https://tests.example/pkb"}),
    "trusted proxies": Posture({"trust_proxy": True}),
    "trusted proxies, a base URL of this machine": Posture({"trust_proxy": True, "base_url": "http://localhost:8080"}),
    "CORS for the caller": Posture({"cors_origin": ("https://evil.example", "http://127.0.0.1:3000")}),
    "CORS for everybody": Posture({"cors_origin": ("*",)}),
}


@cache
def application(posture: str) -> ASGIApp:
    """The application of a posture, as `serve` makes it; nothing listens."""
    return SandboxServer(port=0, **POSTURES[posture].options).app


@dataclass(frozen=True)
class Asking:
    """A caller of a posture's application."""

    posture: str

    def __call__(self, attempt: Attempt, *requests: tuple[str, str], **options: Any) -> list[httpx.Response]:
        """The responses to some requests (method and path), all of one sender."""
        return asyncio.run(self._responses(attempt, requests, options))

    async def _responses(
        self, attempt: Attempt, requests: tuple[tuple[str, str], ...], options: dict[str, Any]
    ) -> list[httpx.Response]:
        app = application(self.posture)

        async def versioned(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "http_version": attempt.version}, receive, send)

        base = f"{POSTURES[self.posture].scheme}://{attempt.host or '127.0.0.1:8080'}"
        transport = httpx.ASGITransport(app=versioned, client=(attempt.peer or "127.0.0.1", 4711))
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=attempt.headers) as client:
            return [await client.request(method, path, **options) for method, path in requests]
