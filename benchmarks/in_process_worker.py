"""Calls the application of one checkout: started by `benchmarks.in_process`, once for each checkout.

Reads batches of requests, pickled, and answers each with its processor time in seconds and the answers: status,
headers and body. It uses what every commit has, the class of `sandbox.server` and its `app`, and no other module.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from typing import Any

from sandbox import server

HEAD = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "server": ("127.0.0.1", 8080),
    "client": ("127.0.0.1", 50000),
    "scheme": "http",
    "root_path": "",
}
"""What all requests share, as uvicorn gives it to an application."""

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def main() -> None:
    """Answers until the input ends."""
    started = getattr(server, "SandboxServer", None) or server.Sandbox  # type: ignore[attr-defined]  # its older name
    app, loop = started(port=0, clock="2026-03-10T12:00:00Z", seed=1).app, asyncio.new_event_loop()
    while True:
        try:
            requests = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        scopes = [({**HEAD, **head}, body) for head, body in requests]
        before = time.process_time()
        answers = loop.run_until_complete(all_of(app, scopes))
        pickle.dump((time.process_time() - before, answers), sys.stdout.buffer)
        sys.stdout.buffer.flush()


async def all_of(app: Any, scopes: list[tuple[dict[str, Any], bytes]]) -> list[Answer]:
    return [await answer_of(app, scope, body) for scope, body in scopes]


async def answer_of(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return start["status"], start["headers"], b"".join(part.get("body", b"") for part in parts)


if __name__ == "__main__":
    main()
