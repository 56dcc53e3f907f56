"""Attacks with connections: many, slow, half-sent, never read."""

from __future__ import annotations

import asyncio

from benchmarks.attacks.attacked import MB, Attack, Attacked, Connection, answers, counted
from benchmarks.latency_client import CONTROL, HL7, ROOT

POST = b"POST " + ROOT.encode() + b"/Patient HTTP/1.1\r\nHost: a\r\n"
GET = b"GET /_sandbox/health/live HTTP/1.1\r\nHost: a\r\n\r\n"


async def _slow_headers(server: Attacked) -> str:
    """A byte a second each: no connection lasts longer than the time-out of headers."""
    connections = await server.open_many(300)
    for byte in b"GET / HTTP/1.1\r\nHost: a":
        await asyncio.gather(*(connection.send(bytes([byte])) for connection in connections))
        await asyncio.sleep(0.6)
    return await answers(connections)


async def _slow_bodies(server: Attacked) -> str:
    """A byte in half a second each, for good credentials."""
    connections = await server.open_many(300)
    head = (
        b"POST "
        + ROOT.encode()
        + b"/Patient HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n"
        + server.header(ROOT)
        + b"\r\n"
    )
    await asyncio.gather(*(connection.send(head) for connection in connections))
    for _ in range(16):
        await asyncio.gather(*(connection.send(b" ") for connection in connections))
        await asyncio.sleep(0.5)
    return await answers(connections, 0.5)


async def _bodies_of_nobody(server: Attacked) -> str:
    """Bodies of wrong credentials: refused by the headers."""
    connections = await server.open_many(200)
    head = (
        b"POST "
        + ROOT.encode()
        + b"/Patient HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\nAuthorization: Bearer x\r\n\r\n"
    )
    await asyncio.gather(*(connection.send(head + b" " * 65_536) for connection in connections))
    return await answers(connections, 5)


async def _unfinished_bodies(server: Attacked) -> str:
    """Forty bodies of 4 MB without their last byte."""
    connections = await server.open_many(40)
    head = (
        b"POST "
        + ROOT.encode()
        + b"/Patient HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n"
        + server.header(ROOT)
        + b"\r\n"
    )
    await asyncio.gather(*(connection.send(head + b" " * (4 * MB - 1)) for connection in connections))
    return await answers(connections, 4)


async def _unfinished_chunks(server: Attacked) -> str:
    """Bodies in chunks of one byte, without an end."""
    connections = await server.open_many(20)
    head = (
        b"POST "
        + ROOT.encode()
        + b"/Patient HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        + server.header(ROOT)
        + b"\r\n"
    )
    await asyncio.gather(*(connection.send(head + b"1\r\n \r\n" * 200_000) for connection in connections))
    return await answers(connections, 2)


async def _too_many(server: Attacked) -> str:
    """1,500 connections that send nothing."""
    return await answers(await server.open_many(1500), 11)


async def _busy_and_many(server: Attacked) -> str:
    """1,500 connections, one after the other, with a request each."""
    answers_ = []
    for _ in range(15):
        answers_ += await asyncio.gather(*(server.once(GET.replace(b"live HTTP", b"live?x HTTP")) for _ in range(100)))
    return counted(answers_)


async def _pipelined(server: Attacked) -> str:
    """20,000 requests in one piece on ten connections, whose answers are not read at first."""
    connections = await server.open_many(10)
    sending = [asyncio.create_task(connection.send(GET * 2_000)) for connection in connections]
    await asyncio.sleep(3)
    for task in sending:
        task.cancel()
    return await answers(connections, 2)


async def _unread_answers(server: Attacked) -> str:
    """Two hundred connections that ask for long answers and read none."""
    request = f"GET {CONTROL}/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    connections = await server.open_many(200)
    for connection in connections:
        connection.reader._limit = 1  # type: ignore[attr-defined]  # the reader stops the transport soon
        await connection.send(request * 20)
    await asyncio.sleep(4)
    return await answers(connections[:5], 1)


async def _half_messages(server: Attacked) -> str:
    """Three hundred halves of an MLLP message."""
    connections = await server.open_many(300, server.mllp)
    await asyncio.gather(*(connection.send(b"\x0bMSH|^~\\&|A|B") for connection in connections))
    return await answers(connections, 12)


async def _slow_messages(server: Attacked) -> str:
    """MLLP messages of a byte in a second."""
    connections = await server.open_many(150, server.mllp)
    for byte in b"\x0bMSH|^~\\&|A|B|C|D":
        await asyncio.gather(*(connection.send(bytes([byte])) for connection in connections))
        await asyncio.sleep(0.8)
    return await answers(connections, 3)


async def _long_messages(server: Attacked) -> str:
    """Thirty MLLP messages of 15 MB without an end."""
    connections = await server.open_many(30, server.mllp)
    await asyncio.gather(*(connection.send(b"\x0bMSH|" + b"x" * 15 * MB) for connection in connections))
    return await answers(connections, 12)


async def _noise(server: Attacked) -> str:
    """Noise without a frame on fifty MLLP connections."""
    connections: list[Connection] = await server.open_many(50, server.mllp)
    await asyncio.gather(*(connection.send(b"noise" * 400_000) for connection in connections))
    return await answers(connections, 2)


async def _small_messages(server: Attacked) -> str:
    """100,000 empty MLLP frames in one piece on each of ten connections."""
    connections = await server.open_many(10, server.mllp)
    sending = [asyncio.create_task(connection.send(b"\x0b\x1c\r" * 10_000)) for connection in connections]
    await asyncio.sleep(4)
    for task in sending:
        task.cancel()
    return await answers(connections, 1)


async def _hl7_without_end(server: Attacked) -> str:
    """SOAP calls with good credentials and no last byte."""
    connections = await server.open_many(30)
    head = b"POST " + HL7.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: 4194304\r\n"
    await asyncio.gather(
        *(connection.send(head + server.header(HL7) + b"\r\n" + b" " * 4_000_000) for connection in connections)
    )
    return await answers(connections, 3)


CONNECTIONS: dict[str, Attack] = {
    "300 headers, a byte a time": _slow_headers,
    "300 bodies, a byte a time": _slow_bodies,
    "200 bodies of wrong credentials": _bodies_of_nobody,
    "40 unfinished bodies of 4 MB": _unfinished_bodies,
    "30 unfinished SOAP calls of 4 MB": _hl7_without_end,
    "20 bodies in 200,000 chunks": _unfinished_chunks,
    "1,500 silent connections": _too_many,
    "1,500 connections with a request": _busy_and_many,
    "20,000 requests in a row, unread": _pipelined,
    "200 connections that read nothing": _unread_answers,
    "300 half MLLP messages": _half_messages,
    "150 MLLP messages, a byte a time": _slow_messages,
    "30 MLLP messages of 15 MB": _long_messages,
    "50 MLLP connections with noise": _noise,
    "100,000 empty MLLP frames": _small_messages,
}
