"""A client that asks for long answers and does not take them loses its connection, and one that is slow does not."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import httpx
import pytest

from sandbox import Sandbox
from sandbox.server import SandboxServer
from tests.support import STACKS

SIZE = 9_000_000
"""Bytes of the answer: more than the system keeps for a connection, whose client keeps a few thousand."""


SERVERS: dict[str, dict[str, Any]] = {**STACKS, "with TLS": {"tls": True, "hl7_port": 0}}
"""Name of a kind of server → its settings."""


class Asked:
    """A server with an answer that is long, and the request for it."""

    def __init__(self, server: SandboxServer, sandbox: Sandbox) -> None:
        self.port = server.port
        self.trust = ssl.create_default_context(cafile=server.certificate_file) if server.certificate_file else None
        self.http = httpx.Client(base_url=server.base_url, verify=self.trust or True, timeout=60)
        token = sandbox.token("customer-system-client", "Northmoor NHS Trust")
        path = "/customer/northmoor-r4/fhir/Binary/long"
        data = base64.b64encode(b"x" * SIZE).decode()
        body = {"resourceType": "Binary", "id": "long", "contentType": "text/plain", "data": data}
        headers = {"Authorization": f"Bearer {token}"}
        assert self.http.put(path, json=body, headers=headers).status_code == 201
        lines = (f"GET {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}", "Accept: text/plain")
        self.request = "\r\n".join([*lines, "Connection: close", "", ""]).encode()

    @contextmanager
    def peer(self) -> Iterator[socket.socket]:
        """A client that has sent the request, and has room for few bytes."""
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.settimeout(30)
            peer.connect(("127.0.0.1", self.port))
            with peer if self.trust is None else self.trust.wrap_socket(peer, server_hostname="localhost") as caller:
                caller.sendall(self.request)
                yield caller


def read_to_the_end(peer: socket.socket, pause: float = 0) -> int:
    """The bytes that a client takes until the end, with a pause in seconds between each 2 % of them."""
    received, since = 0, 0
    with suppress(ConnectionResetError, ssl.SSLEOFError):
        while data := peer.recv(262_144):
            received += len(data)
            if pause and received - since > SIZE / 50:
                since = received
                time.sleep(pause)
    return received


@contextmanager
def long_answer(stack: str, **limits: Any) -> Iterator[Asked]:
    with SandboxServer(port=0, **limits, **SERVERS[stack]) as server, Sandbox.connect(server.base_url) as sandbox:
        answer = Asked(server, sandbox)
        with closing(answer.http):
            yield answer


@pytest.mark.parametrize("stack", SERVERS)
def test_a_client_that_takes_nothing_is_closed_and_a_slow_one_is_not(stack: str, caplog: pytest.LogCaptureFixture):
    with long_answer(stack, send_timeout=3) as long, long.peer() as idle, long.peer() as slow:
        assert read_to_the_end(slow, pause=0.08) > SIZE
        assert read_to_the_end(idle) < SIZE
    text = r"A connection was closed: its client took less than 65536 bytes of an answer in 3 s"
    assert re.search(text, caplog.text)


@pytest.mark.parametrize("stack", STACKS)
def test_answers_that_nobody_takes_cannot_fill_the_memory(stack: str, caplog: pytest.LogCaptureFixture):
    with long_answer(stack, max_unsent_bytes=2 * SIZE) as long, ExitStack() as peers:
        waiting = [peers.enter_context(long.peer()) for _ in range(5)]
        for _ in range(600):
            if caplog.text.count("A connection was closed: clients had not taken"):
                break
            time.sleep(0.05)
        sizes = [read_to_the_end(peer) for peer in waiting]
        assert min(sizes) < SIZE
        assert max(sizes) > SIZE
        assert long.http.get("/_sandbox/health/live").status_code == 200
