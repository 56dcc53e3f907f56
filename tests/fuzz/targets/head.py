"""The head of an HTTP request, and whatever else arrives at a socket, by both stacks."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import uvicorn
from hypothesis import strategies as st

from sandbox.web_server.choices import http_parser
from sandbox.web_server.connection import ServerState
from sandbox.web_server.request_head import BadHead, check_framing, check_method, check_size, check_values, origin_form
from sandbox.web_server.unsent import UnsentAnswers
from tests.fuzz.strategies import pieces
from tests.fuzz.target import Target

REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
WORDS = (
    "GET", "POST", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " ", "/", "*", "http://a.test/b?c", "HTTP/1.1", "HTTP/1.0",
    "HTTP/2.0", "\r\n", "\n", "\r", "Host: a", "Content-Length: 3", "Content-Length: +3",
    "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "3\r\nabc\r\n", "0\r\n\r\n",
    "ffffffffffffffff\r\n", "Connection: close", "Connection: Upgrade", "Upgrade: websocket", "Upgrade: h2c",
    "Expect: 100-continue", ":", "\x00", "\x7f", "\xff", "abc", "1;x=y\r\n", " a: b", "Trailer: x", "x" * 300,
    REQUEST,
)  # fmt: skip


class Wire(asyncio.Transport):
    """A connection that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        """Nothing is read from a socket."""

    def resume_reading(self) -> None:
        """Nothing is read from a socket."""


async def _app(scope: Any, receive: Any, send: Any) -> None:
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _config(parser: str) -> uvicorn.Config:
    options: dict[str, Any] = {"ws": "none", "lifespan": "off", "log_config": None, "access_log": False}
    config = uvicorn.Config(_app, http=http_parser(parser), server_header=False, **options)
    config.load()
    return config


async def _served(parser: str, chunks: list[bytes]) -> bytes:
    """Receive bytes as a connection, and return what was answered."""
    state, wire, config = ServerState(10, UnsentAnswers(10**9, 60)), Wire(), _config(parser)
    connection: Any = config.http_protocol_class(  # type: ignore[call-arg]
        config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop()
    )
    connection.connection_made(wire)
    for chunk in chunks:
        if not wire.closed:
            connection.data_received(chunk)
        await asyncio.sleep(0)
    connection.eof_received()
    connection.connection_lost(None)
    await asyncio.gather(*state.tasks, return_exceptions=False)
    return bytes(wire.written)


def _connection(data: bytes) -> int:
    """The first byte chooses the stack and the pieces in which the rest arrives. Every answer is whole, or none."""
    parser = ("httptools", "h11")[data[0] % 2] if data else "h11"
    rest, size = data[1:], (1, 7, 100_000)[data[0] // 2 % 3] if data else 1
    chunks = [rest[at : at + size] for at in range(0, len(rest), size)]
    answer = _loop().run_until_complete(_served(parser, chunks))
    assert not answer or answer.startswith(b"HTTP/1.1 "), answer[:100]
    assert b"HTTP/1.1 5" not in answer, answer[:100]
    return answer.count(b"HTTP/1.1 ")


def _head(data: bytes) -> int:
    """A head is refused, or has one host and one length, and its target is a path."""
    target, _, rest = data.partition(b"\n")
    lines = [line.partition(b": ") for line in rest.split(b"\n") if line]
    headers = [(name.lower(), value) for name, _, value in lines]
    path = origin_form(target, headers)
    check_framing("1.1", headers)
    check_size(target, headers)
    check_values(headers)
    assert path == b"*" or path.startswith(b"/")
    return len(headers)


def _method(data: bytes) -> None:
    check_method(data.decode("latin-1"))


STREAMS = st.builds(lambda first, rest: bytes([first]) + rest, st.integers(0, 5), pieces(WORDS, 20))
HEADS = pieces((*WORDS, "\n", "http://", "https://a:1/x?y", "@", "#", "?"))

TARGETS: tuple[Target, ...] = (
    Target(
        name="http-connection", run=_connection, words=tuple(word.encode("latin-1") for word in WORDS), strategy=STREAMS
    ),
    Target(
        name="http-head",
        run=_head,
        refusals=(BadHead,),
        words=tuple(word.encode("latin-1") for word in WORDS),
        strategy=HEADS,
    ),
    Target(name="http-method", run=_method, refusals=(BadHead,), words=(b"GET", b"get", b"CONNECT"), strategy=HEADS),
)
