"""Which part of the sandbox a path belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.types import ASGIApp, Message

from sandbox.app import Mounts
from sandbox.http.prefixes import SIGNED_IN


def answering(name: str) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(name.encode(), scope["path"].encode())]})
        await send({"type": "http.response.body", "body": scope["app_prefix"].encode()})

    return app


MOUNTS = Mounts(
    [("/fhir", "/fhir", answering("fhir")), ("/fhir/deep", "", answering("deep"))],
    pages=answering("pages"),
    home=answering("home"),
)


def response_to(path: str, method: str = "GET", cookie: str = "") -> tuple[int, str, str]:
    """Status, name of the part or content type, and body."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": headers,
        "query_string": b"",
        "server": ("a", 1),
    }
    asyncio.run(MOUNTS(scope, None, send))  # type: ignore[arg-type]
    start, body = messages
    return start["status"], start["headers"][0][0].decode(), body["body"].decode()


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/fhir", "GET", (200, "fhir", "/fhir")),
        ("/fhir/Patient", "GET", (200, "fhir", "/fhir")),
        ("/fhir/Patient", "POST", (200, "fhir", "/fhir")),
        ("/", "GET", (200, "home", "")),
        ("/", "HEAD", (200, "home", "")),
        ("/auth/login.action", "GET", (200, "pages", "")),
        ("/auth/login.action", "POST", (200, "pages", "")),
    ],
)
def test_a_path_belongs_to_a_part(path: str, method: str, expected: tuple[int, str, str]):
    assert response_to(path, method) == expected


@pytest.mark.parametrize(("path", "method"), [("/fhirs", "GET"), ("/fhi", "GET"), ("/", "POST"), ("/other", "GET")])
def test_any_other_path_belongs_to_none(path: str, method: str):
    status, _, body = response_to(path, method)
    assert status == 404
    assert body.startswith(f"No route matches {path}.")


@pytest.mark.parametrize(
    ("cookie", "name"), [(f"{SIGNED_IN}=x", "pages"), (f"a=b; {SIGNED_IN}=x", "pages"), ("a=b", "home")]
)
def test_the_root_of_a_browser_that_signed_in_is_a_page_of_pkb(cookie: str, name: str):
    assert response_to("/", cookie=cookie) == (200, name, "")
