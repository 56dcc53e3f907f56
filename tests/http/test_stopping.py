"""A stop while clients are busy: half-sent requests are closed, the rest ends in one line, without a trace."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from sandbox.web_server.stoppable import UVICORN, Stoppable
from tests.support import STACKS
from tests.test_server import serving

HALF = (
    b"POST /services/hl7 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic b3JnX25vcnRobW9vcjpub3J0aG1vb3ItSGw3LTIwMjY=\r\n"
    b"Content-Length: 100\r\n\r\nhalf"
)


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_busy_server_stops_without_a_trace(tmp_path: Path, stack: dict[str, str]):
    options = [part for name, value in stack.items() for part in (f"--{name.replace('_', '-')}", value)]
    with serving(tmp_path, *options) as (process, base_url):
        port = int(base_url.rpartition(":")[2])
        peers = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(3)]
        for peer, content in zip(peers, (HALF, HALF[:40], b""), strict=True):
            peer.sendall(content)
        is_over = threading.Event()

        def ask() -> None:
            with suppress(httpx.HTTPError), httpx.Client(timeout=30) as client:
                while not is_over.is_set():
                    client.get(f"{base_url}/fhir/metadata")

        def generate() -> None:
            with suppress(httpx.HTTPError):
                httpx.post(f"{base_url}/_sandbox/generate", json={"patients": 300, "seed": 1}, timeout=60)

        clients = [threading.Thread(target=act, daemon=True) for act in (ask, generate)]
        for client in clients:
            client.start()
        httpx.get(f"{base_url}/_sandbox/health/live")
        process.send_signal(signal.SIGTERM)
        output = "".join(process.communicate(timeout=60))
        is_over.set()
        for client in clients:
            client.join(30)
        for peer in peers:
            with suppress(ConnectionResetError):
                assert b"200 OK" not in peer.recv(65536)
            peer.close()
    assert process.returncode == 0
    assert "Traceback" not in output
    assert "Exception" not in output


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_requests_that_do_not_end_are_cut_off_in_one_line(
    stack: dict[str, Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sandbox.web_server.server.PATIENCE", 0.2)

    def submit(url: str) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(f"{url}/_sandbox/generate", json={"patients": 1000, "seed": 1}, timeout=60)

    with SandboxServer(port=0, **stack) as server:
        clients = [threading.Thread(target=submit, args=(server.base_url,), daemon=True) for _ in range(2)]
        for client in clients:
            client.start()
        while len(server.workspaces.default.in_flight._tasks) < len(clients):
            httpx.get(f"{server.base_url}/_sandbox/health/live")
    for client in clients:
        client.join(30)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert lines == ["Stopped; unfinished requests that were cut off: 2"]


async def cut_off(application: Stoppable) -> None:
    """Run a request that never ends, until it is cancelled."""
    task = asyncio.create_task(application({"type": "http", "state": {}}, _receive, _send))
    await asyncio.sleep(0)
    task.cancel()
    await task


async def _receive() -> dict[str, str]:
    return {"type": "http.request"}


async def _send(message: object) -> None: ...


async def endless(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.Event().wait()


def test_requests_that_are_cut_off_are_counted_in_one_line(caplog: pytest.LogCaptureFixture):
    application = Stoppable(endless)
    with application.stopping():
        asyncio.run(cut_off(application))
        UVICORN.error("Exception in ASGI application")
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "Stopped; unfinished requests that were cut off: 1"
    ]


def test_a_request_that_is_cancelled_while_the_server_runs_is_not_swallowed():
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cut_off(Stoppable(endless)))


def test_a_calm_stop_says_nothing(caplog: pytest.LogCaptureFixture):
    with Stoppable(endless).stopping():
        pass
    UVICORN.error("logged again afterwards")
    assert [record.getMessage() for record in caplog.records] == ["logged again afterwards"]
