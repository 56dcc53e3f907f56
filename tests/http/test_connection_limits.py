"""Connections and bodies that take too long, or too much: an answer in time, and room for everybody else."""

from __future__ import annotations

import logging
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.web_server.connection_limits import most_connections, quiet_accept_errors
from tests.support import STACKS

LIMITS: dict[str, Any] = {"header_timeout": 2, "body_timeout": 1, "max_connections": 8, "max_pending_bytes": 300_000}
HEAD = b"POST /services/hl7 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nAuthorization: Basic "
NORTHMOOR = b"b3JnX25vcnRobW9vcjpub3J0aG1vb3ItSGw3LTIwMjY="


@pytest.fixture(scope="module", params=STACKS)
def limited(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(port=0, **LIMITS, **STACKS[request.param]) as server:
        yield server


def connect(server: SandboxServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def rest_of(peer: socket.socket) -> bytes:
    """Everything until the server closes."""
    received = b""
    with suppress(ConnectionResetError):
        while data := peer.recv(65536):
            received += data
    return received


def answer_of(peer: socket.socket) -> bytes:
    """One answer with a JSON object, in however many pieces it arrives."""
    received = b""
    while not received.endswith(b"}"):
        received += peer.recv(65536)
    return received


def assert_answers(server: SandboxServer) -> None:
    assert httpx.get(f"{server.base_url}/_sandbox/health/live", timeout=10).status_code == 200


def test_a_connection_that_sends_nothing_is_closed(limited: SandboxServer):
    with connect(limited) as peer:
        assert rest_of(peer) == b""


@pytest.mark.parametrize("beginning", [b"G", b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nA: "])
def test_headers_that_do_not_end_are_408(limited: SandboxServer, beginning: bytes):
    with connect(limited) as peer:
        peer.sendall(beginning)
        assert rest_of(peer).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_byte_now_and_then_does_not_keep_a_head(limited: SandboxServer):
    with connect(limited) as peer:
        started = time.monotonic()
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        with suppress(ConnectionError):
            while time.monotonic() - started < 15:
                peer.sendall(b"x")
                time.sleep(0.1)
        assert time.monotonic() - started < 15


def test_a_second_request_has_as_long_as_the_first(limited: SandboxServer):
    with connect(limited) as peer:
        peer.sendall(b"GET /_sandbox/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answer_of(peer).startswith(b"HTTP/1.1 200")
        time.sleep(1.5)
        peer.sendall(b"GET /_sandbox/health/live HTTP/1.1\r\n")
        time.sleep(1.0)
        peer.sendall(b"Host: 127.0.0.1\r\n\r\n")
        assert answer_of(peer).startswith(b"HTTP/1.1 200")


def test_a_body_that_stops_is_408_in_the_words_of_its_api(limited: SandboxServer):
    with connect(limited) as peer:
        peer.sendall(HEAD + NORTHMOOR + b"\r\nContent-Length: 500\r\n\r\n<half")
        answer = rest_of(peer)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"faultstring" in answer
    assert b"connection: close" in answer.lower()


def test_wrong_credentials_are_refused_before_the_body_arrives(limited: SandboxServer):
    with connect(limited) as peer:
        started = time.monotonic()
        peer.sendall(HEAD + b"eDp5\r\nContent-Length: 10000000\r\n\r\n")
        answer = rest_of(peer)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer.lower()
    assert time.monotonic() - started < LIMITS["body_timeout"] + 10


def test_a_short_body_of_a_refused_caller_is_in_the_journal(limited: SandboxServer):
    httpx.post(f"{limited.base_url}/services/hl7", content=b"<in-the-journal/>", auth=("x", "y"))
    exchange = next(reversed(limited.workspaces.default.exchanges))
    assert exchange.request.body == b"<in-the-journal/>"


def test_one_connection_too_many_is_503_and_the_others_go_on(limited: SandboxServer):
    with ExitStack() as stack, httpx.Client(base_url=limited.base_url, timeout=20) as client:
        assert client.get("/_sandbox/health/live").status_code == 200
        answers = []
        for _ in range(LIMITS["max_connections"] + 3):
            peer = stack.enter_context(connect(limited))
            peer.setblocking(True)
            peer.sendall(b"GET /_sandbox/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            with suppress(ConnectionResetError):
                answers.append(peer.recv(65536))
        refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
        assert refused
        assert b"retry-after: 1" in refused[0]
        assert client.get("/_sandbox/health/live").status_code == 200
    for _ in range(100):
        if not limited._server or len(limited._server.server_state.connections) < LIMITS["max_connections"]:
            break
        time.sleep(0.05)
    assert_answers(limited)


def test_unfinished_bodies_cannot_fill_the_memory(limited: SandboxServer):
    part = b"x" * 120_000
    with ExitStack() as stack:
        peers = [stack.enter_context(connect(limited)) for _ in range(4)]
        for peer in peers:
            peer.sendall(HEAD + NORTHMOOR + b"\r\nContent-Length: 200000\r\n\r\n" + part)
        answers = [rest_of(peer) for peer in peers]
    statuses = sorted(answer[9:12] for answer in answers)
    assert statuses[-1] == b"503"
    assert statuses[:3] == [b"408"] * 3
    assert any(b"retry-after: 1" in answer.lower() for answer in answers)
    assert limited.workspaces.pending_bodies.size == 0


def test_short_bodies_are_not_counted(limited: SandboxServer):
    with ExitStack() as stack:
        for _ in range(3):
            peer = stack.enter_context(connect(limited))
            peer.sendall(HEAD + NORTHMOOR + b"\r\nContent-Length: 15000\r\n\r\n" + b"x" * 14_000)
        time.sleep(0.1)
        assert limited.workspaces.pending_bodies.size == 0
        assert_answers(limited)


def test_a_handshake_of_tls_that_does_not_end_is_closed(tmp_path):
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path), hl7_port=0, header_timeout=1) as server:
        with connect(server) as peer:
            assert rest_of(peer) == b""
        trust = ssl.create_default_context(cafile=server.certificate_file)
        live = f"{server.base_url.replace('127.0.0.1', 'localhost')}/_sandbox/health/live"
        assert httpx.get(live, verify=trust).status_code == 200


def test_more_files_are_asked_for_where_the_system_allows_few():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (500, before[1]))
    try:
        assert most_connections(Settings(max_connections=1000)) == 1000
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 1000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_limit_that_the_system_does_not_allow_is_lowered_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (400, 400))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    assert most_connections(Settings(max_connections=1000)) == 144
    assert "max_connections 1000: this system allows 400 open files, so 144 connections" in caplog.text


def test_errors_of_accepting_are_logged_at_intervals(caplog: pytest.LogCaptureFixture):
    others: list[dict[str, Any]] = []
    handle = quiet_accept_errors(lambda _, context: others.append(context))
    caplog.set_level(logging.WARNING)
    for _ in range(50):
        handle(None, {"message": "socket.accept() out of system resource", "exception": OSError(24, "Too many files")})
    handle(None, {"message": "something else", "exception": ValueError()})
    assert [record.getMessage() for record in caplog.records] == [
        "Connections cannot be accepted: [Errno 24] Too many files"
    ]
    assert len(others) == 1
