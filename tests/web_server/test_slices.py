"""What one connection sends at once is parsed a slice in each turn of the loop, and all of it in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn

from sandbox.web_server.choices import http_parser
from sandbox.web_server.connection import ServerState
from sandbox.web_server.slices import SLICE
from sandbox.web_server.unsent import UnsentAnswers
from tests.fuzz.targets.head import Wire

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
PLAIN = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Reading(Wire):
    """A connection that knows whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False


async def _size_of_body(scope: Any, receive: Any, send: Any) -> None:
    size = 0
    while (message := await receive())["type"] == "http.request":
        size += len(message["body"])
        if not message["more_body"]:
            break
    content = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(content))]})
    await send({"type": "http.response.body", "body": content})


def _connection(parser: str) -> tuple[Any, Reading]:
    config = uvicorn.Config(_size_of_body, http=http_parser(parser), ws="none", lifespan="off", log_config=None)
    config.load()
    state, wire = ServerState(10, UnsentAnswers(10**9, 60)), Reading()
    connection: Any = config.http_protocol_class(  # type: ignore[call-arg]
        config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop()
    )
    connection.connection_made(wire)
    return connection, wire


async def _answers(parser: str, data: bytes, number: int) -> tuple[list[bytes], int, Reading]:
    """Receive bytes at once; return the bodies of the answers, and the turns that they took."""
    connection, wire = _connection(parser)
    connection.data_received(data)
    turns = 0
    while wire.written.count(b"HTTP/1.1 200") < number and turns < 2000:
        await asyncio.sleep(0)
        turns += 1
    connection.eof_received()
    connection.connection_lost(None)
    return [part.rpartition(b"\r\n\r\n")[2] for part in bytes(wire.written).split(b"HTTP/1.1 200")[1:]], turns, wire


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_many_chunks_take_many_turns_and_arrive(parser: str):
    chunks = b"1\r\nx\r\n" * 20_000
    bodies, turns, wire = asyncio.run(_answers(parser, CHUNKED + chunks + b"0\r\n\r\n" + GET, 2))
    assert bodies == [b"20000", b"0"]
    assert turns >= len(chunks) // SLICE
    assert not wire.is_paused


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_many_requests_take_many_turns_and_are_answered(parser: str):
    bodies, turns, _ = asyncio.run(_answers(parser, GET * 1000, 1000))
    assert bodies == [b"0"] * 1000
    assert turns >= 1000 * len(GET) // SLICE


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_a_body_of_a_stated_length_is_not_cut(parser: str):
    async def read() -> tuple[bool, bytes]:
        connection, wire = _connection(parser)
        connection.data_received(PLAIN)
        connection.data_received(b"x" * 200_000)
        is_unread = bool(connection._unread)
        for _ in range(20):
            await asyncio.sleep(0)
        connection.connection_lost(None)
        return is_unread, bytes(wire.written)

    is_unread, written = asyncio.run(read())
    assert not is_unread
    assert written.endswith(b"\r\n\r\n200000")


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_what_is_unread_when_the_client_has_sent_all_is_read(parser: str):
    async def read() -> bytes:
        connection, wire = _connection(parser)
        connection.data_received(CHUNKED + b"1\r\nx\r\n" * 10_000)
        connection.data_received(b"0\r\n\r\n")
        connection.eof_received()
        for _ in range(20):
            await asyncio.sleep(0)
        connection.connection_lost(None)
        return bytes(wire.written)

    assert asyncio.run(read()).endswith(b"\r\n\r\n10000")


@pytest.mark.parametrize("parser", ["httptools", "h11"])
def test_what_is_unread_when_the_connection_is_lost_or_refused_is_dropped(parser: str):
    async def lose() -> tuple[bytes, bytes]:
        connection, wire = _connection(parser)
        connection.data_received(CHUNKED + b"1\r\nx\r\n" * 10_000)
        connection.connection_lost(None)
        refused, other = _connection(parser)
        refused.data_received(b"\x00" * 40_000)
        for _ in range(5):
            await asyncio.sleep(0)
        assert other.closed
        assert wire.written == b""
        return bytes(connection._unread), bytes(refused._unread)

    assert asyncio.run(lose()) == (b"", b"")
