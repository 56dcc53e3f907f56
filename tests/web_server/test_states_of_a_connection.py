"""What a connection knows of the request that arrives on it, and how it ends one that does not go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.web_server.connection_limits import TOO_SLOW, end_slow_heads
from tests.web_server.test_slices import CHUNKED, GET, PLAIN, Reading
from tests.web_server.test_slices import _connection as connect

PARSERS = ("httptools", "h11")
HALF = b"GET / HTTP/1.1\r\nHost: a\r\n"
OLD = b"POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde"

STATES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "awaits a head, is between requests"),
    "one byte": (b"G", "awaits a head, is within a head"),
    "half a head": (HALF, "awaits a head, is within a head"),
    "a whole request": (GET, "is between requests"),
    "a request and a half": (GET + HALF, "awaits a head, is within a head"),
    "a head and no body": (PLAIN, "is within a plain body"),
    "half a body": (PLAIN + b"x", "is within a plain body"),
    "half a body in chunks": (CHUNKED + b"1\r\nx\r\n", ""),
    "a body in chunks": (CHUNKED + b"1\r\nx\r\n0\r\n\r\n", "is between requests"),
    "a body in chunks, then a plain one": (CHUNKED + b"0\r\n\r\n" + PLAIN + b"x", "is within a plain body"),
}
"""Bytes → the state of the connection after them."""


async def _after(parser: str, data: bytes, ask: Callable[[Any, Reading], Any]) -> Any:
    """Ask a connection and its wire something once the data have been answered as far as they can be."""
    connection, wire = connect(parser)
    if data:
        connection.data_received(data)
    for _ in range(20):
        await asyncio.sleep(0)
    answer = ask(connection, wire)
    connection.connection_lost(None)
    return answer


def _state(connection: Any, wire: Reading) -> str:
    parts = {
        "awaits a head": connection.head_since is not None,
        "is between requests": connection.is_between_requests,
        "is within a head": connection.is_reading_head,
        "is within a plain body": connection.is_within_plain_body,
    }
    return ", ".join(name for name, is_so in parts.items() if is_so)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", STATES)
def test_a_connection_knows_what_it_awaits(case: str, parser: str):
    data, expected = STATES[case]
    assert asyncio.run(_after(parser, data, _state)) == expected


SLOW = {
    "nothing": (b"", b""),
    "half a head": (HALF, TOO_SLOW),
    "a request and a half": (GET + HALF, TOO_SLOW),
}


def _end_slow(connection: Any, wire: Reading) -> tuple[bool, bytes]:
    connection.end_slow_head()
    return wire.closed, bytes(wire.written)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", SLOW)
def test_a_slow_head_is_408_and_silence_is_not_answered(case: str, parser: str):
    data, answer = SLOW[case]
    is_closed, written = asyncio.run(_after(parser, data, _end_slow))
    assert is_closed
    assert written.endswith(answer)
    assert (b" 408 " in written) is bool(answer)


@pytest.mark.parametrize(("late", "is_ended"), [(0.0, False), (0.5, True)])
@pytest.mark.parametrize("case", ["nothing", "half a head"])
def test_a_head_has_its_seconds(case: str, late: float, is_ended: bool):
    def end(connection: Any, wire: Reading) -> bool:
        end_slow_heads([connection], connection.head_since + 10 + late, 10)
        return wire.closed

    assert asyncio.run(_after("httptools", SLOW[case][0], end)) is is_ended


def test_a_connection_that_closes_already_is_left_alone():
    def end(connection: Any, wire: Reading) -> bytes:
        wire.close()
        end_slow_heads([connection], connection.head_since + 99, 10)
        return bytes(wire.written)

    assert asyncio.run(_after("httptools", HALF, end)) == b""


HALF_SENT = {
    "nothing": (b"", False),
    "half a head": (HALF, True),
    "a whole request": (GET, False),
    "a request and a half": (GET + HALF, True),
    "a head and no body": (PLAIN, True),
    "half a body": (CHUNKED + b"1\r\nx\r\n", True),
}


def _end_half_sent(connection: Any, wire: Reading) -> bool:
    connection.end_half_sent()
    return wire.closed


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("case", HALF_SENT)
def test_a_server_that_stops_closes_what_is_half_sent(case: str, parser: str):
    data, is_closed = HALF_SENT[case]
    assert asyncio.run(_after(parser, data, _end_half_sent)) is is_closed


@pytest.mark.parametrize("parser", PARSERS)
def test_a_request_of_an_earlier_version_is_answered_and_the_connection_closed(parser: str):
    written, is_closed = asyncio.run(_after(parser, OLD, lambda _, wire: (bytes(wire.written), wire.closed)))
    assert written.endswith(b"\r\n\r\n5")
    assert is_closed
