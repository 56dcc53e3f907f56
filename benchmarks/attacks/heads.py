"""Attacks with the head of a request: long ones, two lengths, other protocols, forged log lines."""

from __future__ import annotations

import asyncio
import gzip

from benchmarks.attacks.attacked import MB, Attack, Attacked, answers, counted
from benchmarks.latency_client import ROOT

HOST = b"Host: localhost\r\n"
HIDDEN = b"GET /_sandbox/health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
SMUGGLED = {
    "length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n",
    "a list of lengths": b"Content-Length: 0, 50\r\n\r\n",
    "a signed length": b"Content-Length: +0\r\n\r\n",
    "a blank before the colon": b"Content-Length : 50\r\n\r\n",
    "a folded line": b"X: y\r\n Content-Length: 50\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a tab in the coding": b"Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "a bare LF": b"X: y\nContent-Length: 50\r\n\r\n",
    "a bare CR": b"X: y\rContent-Length: 50\r\n\r\n",
    "a NUL": b"X: \x00y\r\n\r\n",
    "an endless chunk size": b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100 + b"ffffffffffffffffff\r\n",
    "a negative chunk size": b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "two hosts": b"Host: b\r\nContent-Length: 0\r\n\r\n",
}
"""What could be read in two ways → the end of the head, and a body."""


async def _long_heads(server: Attacked) -> str:
    heads = (
        b"GET /" + b"a" * 10 * MB,
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 10 * MB,
        b"GET / HTTP/1.1\r\n" + HOST + b"a: b\r\n" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 65_000 + b"\r\n\r\n",
        b"\r\n" * 500_000,
        b"G" * 10 * MB,
    )
    return counted(await asyncio.gather(*(server.once(head) for head in heads * 10)))


async def _smuggled(server: Attacked) -> str:
    """Each is refused, or is one request: the hidden one is answered only where it follows a whole one."""
    rows = []
    for name, end in SMUGGLED.items():
        answer = await server.once(b"POST /nowhere HTTP/1.1\r\n" + HOST + end + HIDDEN, 2)
        rows.append(answer if answer in ("400", "404", "404 400") else f"{name}: {answer}")
    return counted(rows)


async def _upgrades(server: Attacked) -> str:
    offers = (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n",
        b"GET /_sandbox/events HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00" * 1000,
        b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    )
    return counted(await asyncio.gather(*(server.once(offer, 3) for offer in offers * 50)))


async def _forged_lines(server: Attacked) -> str:
    """Ends of lines, terminal sequences and marks of direction in every place that the log could show."""
    before = server.log.stat().st_size
    forged = "%0d%0a2026 INFO forged%1b[31m%e2%80%ae"
    for path in (f"/fhir/{forged}", f"/_sandbox/{forged}", f"/services/hl7?{forged}", f"{ROOT}/Patient/{forged}"):
        await server.once(f"GET {path} HTTP/1.1\r\nHost: a\r\nPKB-Sandbox-Scenario: {forged}\r\n\r\n".encode(), 3)
    connection = await server.open(server.mllp)
    await connection.send(b"\x0bMSH|^~\\&|\x1b[31m|\n2026 INFO forged|\r\x1c\r")
    await connection.answer(2)
    written = server.log.read_bytes()[before:]
    lines = [line for line in written.split(b"\n") if line.startswith(b"2026 INFO forged") or b"\x1b" in line]
    return f"{len(lines)} forged lines of {written.count(chr(10).encode())}"


async def _odd_codings(server: Attacked) -> str:
    bomb = gzip.compress(bytes(2**28), 1)
    bodies = {
        b"gzip": bomb,
        b"gzip, gzip": gzip.compress(bomb),
        b"deflate": b"x" * MB,
        b"br": b"x",
        b"gzip," * 20: bomb,
    }
    requests = [
        b"POST "
        + ROOT.encode()
        + b"/Patient HTTP/1.1\r\nHost: a\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n%b\r\n%b"
        % (coding, len(body), server.header(ROOT), body)
        for coding, body in bodies.items()
    ]
    return counted(await asyncio.gather(*(server.once(request) for request in requests * 4)))


async def _long_values(server: Attacked) -> str:
    """2,000 requests of nobody, each with another long header of each kind: nothing of them may be remembered."""
    names = (
        "Accept",
        "Prefer",
        "Authorization: Basic",
        "Forwarded",
        "X-Forwarded-Host",
        "If-None-Match",
        "Content-Type",
    )
    connections = await server.open_many(10)
    for number in range(200):
        for at, connection in enumerate(connections):
            name = names[(number + at) % len(names)]
            value = f"{number}-{at}-" + "a" * 60_000
            line = f"{name}{' ' if ':' in name else ': '}{value}\r\n"
            path = ("/fhir/Patient/1", "/api/oauth/token", "/services/hl7", "/json/users/self", "/")[number % 5]
            await connection.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n{line}\r\n".encode())
        await asyncio.gather(*(connection.reader.read(MB) for connection in connections))
    return await answers(await server.open_many(1), 0.1)


async def _long_hosts(server: Attacked) -> str:
    requests = [f"GET /fhir/Patient/{n} HTTP/1.1\r\nHost: {n}{'a' * 60_000}\r\n\r\n".encode() for n in range(300)]
    return counted([await server.once(request, 3) for request in requests])


async def _long_forms(server: Attacked) -> str:
    """Token requests of nobody, each of 15 MB."""
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"POST /api/oauth/token HTTP/1.1\r\nHost: a\r\n{kind}\r\nContent-Length: {{}}\r\n\r\n"
    bodies = [f"client_id=x{number}&client_secret={'s' * 15_000_000}".encode() for number in range(20)]
    return counted([await server.once(head.format(len(body)).encode() + body) for body in bodies])


HEADS: dict[str, Attack] = {
    "60 heads of up to 10 MB": _long_heads,
    "16 shapes of request smuggling": _smuggled,
    "300 offers of other protocols": _upgrades,
    "forged lines of the log": _forged_lines,
    "20 bodies that inflate": _odd_codings,
    "2,000 long headers, each another": _long_values,
    "300 long hosts, each another": _long_hosts,
    "20 token requests of 15 MB": _long_forms,
}
