"""Both parsers answer alike, byte for byte: good requests, odd ones, and what is no request."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from sandbox.settings import Settings
from sandbox.web_server.connection import BAD_REQUEST
from sandbox.web_server.server import WebServer
from tests.support import STACKS
from tests.web_server.odd_requests import ANSWERED, REFUSED, posted, request

Json = dict[str, Any]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what an application gets of a request."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    else:
        return
    words = {name: scope[name] for name in ("method", "path", "http_version", "scheme")}
    words |= {name: scope[name].decode("latin-1") for name in ("raw_path", "query_string")}
    headers = sorted([name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"])
    content = json.dumps({**words, "headers": headers, "body": body.decode("latin-1")}).encode()
    headers_sent = [(b"content-length", str(len(content)).encode())] if scope["path"] != "/stream" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers_sent})
    await send({"type": "http.response.body", "body": content[:10], "more_body": True})
    await send({"type": "http.response.body", "body": content[10:]})


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """A server on each stack: its name → its port."""
    listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in STACKS}
    servers = []
    for name, listener in listeners.items():
        ready = threading.Event()
        server = WebServer(echo, Settings(**STACKS[name]), None, ready.set, lambda: None, lambda: None)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        servers.append((server, thread))
        assert ready.wait(10)
    yield {name: listener.getsockname()[1] for name, listener in listeners.items()}
    for server, thread in servers:
        server.should_exit = True
        thread.join(10)
    for listener in listeners.values():
        listener.close()


def answers(port: int, content: bytes, *, is_piecemeal: bool = False) -> bytes:
    """Send bytes, then what closes the connection, and return the response without what differs from time to time."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            pieces = [content[at : at + 1] for at in range(len(content))] if is_piecemeal else [content]
            for piece in pieces:
                connection.sendall(piece)
            while not is_whole(received, content):
                chunk = connection.recv(65536)
                if not chunk:
                    break
                received += chunk
        except ConnectionError:
            pass  # closed while the rest was still being sent
    lines = [line for line in received.split(b"\r\n") if not line.lower().startswith(b"date: ")]
    return b"\r\n".join(lines).replace(b"Connection: close", b"connection: close")


def is_whole(received: bytes, content: bytes) -> bool:
    """Return whether a last response that leaves its connection open has come."""
    is_last_of_more = content.count(b" HTTP/1.1\r\n") == received.count(b"HTTP/1.1 200")
    has_end = received.endswith((b"}", b"\r\n\r\n") if content.startswith(b"HEAD") else b"}")
    is_left_open = b"connection: close" not in received.lower() and b"garbage" not in content
    return is_last_of_more and has_end and is_left_open


@pytest.mark.parametrize("content", ANSWERED.values(), ids=ANSWERED)
def test_a_request_is_answered_alike(ports: dict[str, int], content: bytes):
    first, second = (answers(port, content) for port in ports.values())
    assert first == second
    assert first.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")


ENDED_EARLY = {
    "requests in a row, and then none",
    "a good request, and a bad body",
    "a request after a last one",
}
"""What ends the connection while bytes are still being sent, so that the answer may be lost."""
PIECEMEAL = [name for name in ANSWERED if name not in ENDED_EARLY and len(ANSWERED[name]) < 1000]


@pytest.mark.parametrize("content", [ANSWERED[name] for name in PIECEMEAL], ids=PIECEMEAL)
def test_a_request_byte_by_byte_is_answered_alike(ports: dict[str, int], content: bytes):
    first, second = (answers(port, content, is_piecemeal=True) for port in ports.values())
    assert first == second


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request_is_refused(ports: dict[str, int], stack: str, content: bytes):
    refused = answers(ports[stack], content)
    assert refused in (BAD_REQUEST, b""), "nothing, if the connection was closed while the rest was being sent"
    assert answers(ports[stack], request(b"GET /a")).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("stack", STACKS)
def test_an_absolute_target_names_the_host(ports: dict[str, int], stack: str):
    """frontend.absolute-form"""
    answer = answers(ports[stack], ANSWERED["an absolute target"])
    content: Json = json.loads(answer.rpartition(b"\r\n\r\n")[2])
    assert (content["path"], content["query_string"]) == ("/a", "b=c")
    assert content["headers"] == [["host", "other.example:81"]]


@pytest.mark.parametrize("stack", STACKS)
def test_the_body_of_a_request_that_offers_http_2_arrives(ports: dict[str, int], stack: str):
    """Java's client offers it with each of its requests."""
    content: Json = json.loads(
        answers(ports[stack], ANSWERED["an offer of HTTP/2 with a body"]).rpartition(b"\r\n\r\n")[2]
    )
    assert content["body"] == "abc"
    assert ["upgrade", "h2c"] in content["headers"]


@pytest.mark.parametrize("stack", STACKS)
def test_headers_after_the_body_are_none_of_the_request(ports: dict[str, int], stack: str):
    answer = answers(ports[stack], ANSWERED["headers after the chunks, which are none"])
    assert b"Bearer" not in answer


@pytest.mark.parametrize("stack", STACKS)
def test_requests_before_what_is_none_are_answered_first(ports: dict[str, int], stack: str):
    answer = answers(ports[stack], ANSWERED["requests in a row, and then none"])
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(BAD_REQUEST)


@pytest.mark.parametrize("stack", STACKS)
def test_a_body_that_turns_bad_is_refused_while_the_application_waits_for_it(ports: dict[str, int], stack: str):
    with socket.create_connection(("127.0.0.1", ports[stack]), timeout=10) as connection:
        connection.sendall(posted(b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n"))
        time.sleep(0.05)
        connection.sendall(b"zz\r\n")
        assert connection.recv(65536) == BAD_REQUEST
        assert connection.recv(1) == b""


@pytest.mark.parametrize("stack", STACKS)
def test_a_long_body_and_another_request_are_no_long_head(ports: dict[str, int], stack: str):
    content = posted(b"Content-Length: 300000\r\n", b"a" * 300_000) + request(b"GET /b")
    assert answers(ports[stack], content).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize("stack", STACKS)
def test_a_body_without_a_length_ends_with_the_connection_in_http_1_0(
    ports: dict[str, int], stack: str, caplog: pytest.LogCaptureFixture
):
    head, _, body = answers(ports[stack], b"GET /stream HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower()
    assert json.loads(body)["path"] == "/stream"
    assert caplog.records == []


@pytest.mark.parametrize("stack", STACKS)
def test_a_body_without_a_length_comes_in_chunks_in_http_1_1(ports: dict[str, int], stack: str):
    answer = answers(ports[stack], request(b"GET /stream", b"Connection: close\r\n"))
    assert b"transfer-encoding: chunked" in answer.lower()
    assert answer.endswith(b"\r\n0\r\n\r\n")


def test_an_offer_of_another_protocol_is_not_logged(ports: dict[str, int], caplog: pytest.LogCaptureFixture):
    for port in ports.values():
        answers(port, ANSWERED["an offer of a web socket"])
    assert caplog.records == []


def test_uvicorn_is_what_was_tested():
    """The connections build on private parts of it; a newer version needs another look."""
    assert uvicorn.__version__.startswith("0.5")
