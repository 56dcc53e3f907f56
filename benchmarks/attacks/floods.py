"""Attacks with many calls at once: of the control API, the console, exports, reports, events, and large bodies."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from contextlib import suppress

from benchmarks.attacks.attacked import MB, Attack, Attacked, Connection, answers, counted
from benchmarks.attacks.state import _request
from benchmarks.latency_client import CONTROL, FACADE, HL7, ROOT
from benchmarks.stage import LABORATORY

XML = "application/fhir+xml"
FORM = "application/x-www-form-urlencoded"
LONG = 60.0
"""Seconds for the answers to many heavy requests."""


async def _all_at_once(server: Attacked, requests: list[bytes], seconds: float = LONG) -> str:
    """Send each request on a connection of its own, all in the same moment, and read the answers."""
    connections = await server.open_many(len(requests))
    sending = [connection.send(request) for connection, request in zip(connections, requests, strict=True)]
    reading = [connection.answer(seconds) for connection in connections]
    received = await asyncio.gather(*sending, *reading)
    return counted(str(answer) for answer in received[len(requests) :])


def _same(path: str, number: int, method: str = "GET", body: bytes = b"", kind: str = "application/json") -> Attack:
    async def attack(server: Attacked) -> str:
        return await _all_at_once(server, [_request(server, method, path, body, kind)] * number)

    return attack


def _as_html(path: str, number: int) -> Attack:
    async def attack(server: Attacked) -> str:
        request = _request(server, "GET", path)
        return await _all_at_once(server, [request.replace(b"\r\nHost", b"\r\nAccept: text/html\r\nHost", 1)] * number)

    return attack


async def _fill(server: Attacked) -> None:
    """Fill the journal with exchanges that have long bodies."""
    request = _request(server, "POST", f"{ROOT}/Patient", b"[" + b"secret=x&token: " * 3_900)
    for _ in range(800):
        await server.once(request)


async def _costly_texts(server: Attacked) -> str:
    """Filters of a full journal by a text that no exchange has, each another."""
    await _fill(server)
    paths = [f"{CONTROL}/exchanges?text={'z' * 500}{number}" for number in range(60)]
    return await _all_at_once(server, [_request(server, "GET", path) for path in paths])


async def _waiting_worlds(server: Attacked) -> str:
    """100 workspaces with three waiting calls each, which one exchange in each world wakes."""
    names = [f"wait-{number}" for number in range(100)]
    for name in names:
        server.client.ask("POST", f"{CONTROL}/workspaces", {"name": name})
    paths = [f"{CONTROL}/exchanges?wait=2&workspace={name}" for name in names for _ in range(3)]
    outcome = await _all_at_once(server, [_request(server, "GET", path) for path in paths])
    for name in names:
        server.client.ask("DELETE", f"{CONTROL}/workspaces/{name}")
    return outcome


async def _woken_together(server: Attacked) -> str:
    """400 waiting calls that one exchange with long bodies answers."""
    connections = await server.open_many(400)
    request = _request(server, "GET", f"{CONTROL}/exchanges?wait=30&text=woken-together")
    await asyncio.gather(*(connection.send(request) for connection in connections))
    await asyncio.sleep(1)
    await server.once(_request(server, "POST", f"{ROOT}/Patient", b"[woken-together" + b" x" * 30_000))
    return await answers(connections, 20)


async def _restores(server: Attacked) -> str:
    """A checkpoint that 300 calls restore at once."""
    server.client.ask("POST", f"{CONTROL}/checkpoints", {"name": "storm"})
    path = f"{CONTROL}/checkpoints/storm/restore"
    return await _all_at_once(server, [_request(server, "POST", path)] * 300)


async def _reconnects(server: Attacked) -> str:
    """600 followers of the events that come and go, each with all that is kept."""
    request = b"GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n"
    outcome = []
    for _ in range(6):
        connections = await server.open_many(100)
        await asyncio.gather(*(connection.send(request) for connection in connections))
        outcome += await asyncio.gather(*(connection.answer(0.3) for connection in connections))
        for connection in connections:
            connection.writer.transport.abort()
    return counted(outcome)


async def _slow_readers(server: Attacked) -> str:
    """30 connections that ask for the whole journal and read none of it."""
    await _fill(server)
    connections = await server.open_many(30)
    for connection in connections:
        connection.reader._limit = 1  # type: ignore[attr-defined]  # the reader stops the transport soon
        await connection.send(_request(server, "GET", f"{CONTROL}/exchanges"))
    await asyncio.sleep(4)
    return await answers(connections[:5], 1)


async def _mixed_messages(server: Attacked) -> str:
    """100 MLLP connections with good and half messages in turn."""
    good = b"\x0bMSH|^~\\&|A|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A28|m|P|2.4\x1c\r"
    connections = await server.open_many(100, server.mllp)
    for _ in range(10):
        await asyncio.gather(*(connection.send(good + b"\x0bMSH|half") for connection in connections))
        await asyncio.sleep(0.1)
    return await answers(connections, 3)


async def _huge_cookies(server: Attacked) -> str:
    """1,000 requests to the console with 60 KB of cookies."""
    cookies = "; ".join(f"c{number}=" + "v" * 90 for number in range(600))
    request = f"GET /_sandbox/console/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\n\r\n".encode()
    outcome: list[str] = []
    for _ in range(10):
        outcome.append(await _all_at_once(server, [request] * 100))
    return counted(outcome)


async def _parts(server: Attacked) -> str:
    """Multipart forms of 200,000 parts, where forms of one part are expected."""
    body = b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n" * 200_000 + b"--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    paths = ("/api/oauth/token", f"{CONTROL}/console/lint", f"{ROOT}/Patient/_search")
    return await _all_at_once(server, [_request(server, "POST", path, body, kind) for path in paths * 2])


async def _broken_large(server: Attacked) -> str:
    """40 bodies of 19 MB, one after the other, that are no JSON."""
    body = b'["' + b"x" * 19_000_000
    request = _request(server, "POST", f"{ROOT}/Patient", body)
    return counted([await server.once(request) for _ in range(40)])


async def _large_together(server: Attacked) -> str:
    """30 bodies of 8 MB at once, of which each is many values."""
    body = (
        b'{"resourceType":"Patient","extension":[' + b'{"url":"urn:x","valueString":"yyyyyyyyyyyyyyyyyyy"},' * 150_000
    )
    request = _request(server, "POST", f"{ROOT}/Patient", body + b"{}]}")
    return await _all_at_once(server, [request] * 30)


def _values(path: str, piece: bytes, kind: str = "application/json", start: bytes = b"[") -> Attack:
    """Bodies of 19 MB of tiny values, four at once."""
    body = start + piece * (19 * MB // len(piece))
    return _same(path, 4, "POST", body, kind)


async def _codes(server: Attacked) -> str:
    """500 authorisations that a user approves at once."""
    credentials = json.loads(server.client.send("GET", f"{CONTROL}/credentials")[1])["credentials"]
    app = next(row for row in credentials if row["kind"] == "user-client")
    form = {"client_id": app["client_id"], "redirect_uri": app["redirect_uris"][0], "state": "s" * 1000}
    path = f"{CONTROL}/users/{app['users'][0]['id']}/approve"
    return await _all_at_once(server, [_request(server, "POST", path, json.dumps(form).encode())] * 500)


async def _purviews(server: Attacked) -> str:
    """200 requests of a clinician for the teams whose consents count."""
    token = server.client.user_token("owen.bright@northmoor.example")
    head = f"GET {FACADE}/Consent/$purview HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    return await _all_at_once(server, [head.encode()] * 200)


async def _results(server: Attacked) -> str:
    """200 searches for the results of a patient, each with another page size."""
    patients = json.loads(server.client.send("GET", f"{CONTROL}/world")[1])["patients"]
    paths = [
        f"{FACADE}/Observation?patient={patients[number % 3]['id']}&category={LABORATORY}&_count={number // 3 + 1}"
        for number in range(200)
    ]
    return await _all_at_once(server, [_request(server, "GET", path) for path in paths])


async def _long_answers(server: Attacked) -> str:
    """80 connections that ask for 5 MB and read nothing."""
    binary = {"resourceType": "Binary", "id": "long", "contentType": "text/plain"}
    data = base64.b64encode(b"x" * 5_000_000).decode()
    server.client.ask("PUT", f"{ROOT}/Binary/long", {**binary, "data": data})
    request = _request(server, "GET", f"{ROOT}/Binary/long")
    request = request.replace(b"\r\nHost", b"\r\nAccept: text/plain\r\nHost", 1)
    connections = await server.open_many(80)
    for connection in connections:
        connection.reader._limit = 1  # type: ignore[attr-defined]  # the reader stops the transport soon
        await connection.send(request)
    await asyncio.sleep(4)
    outcome = await answers(connections[:20], 1)
    server.client.ask("DELETE", f"{ROOT}/Binary/long")
    return outcome


async def _handshakes(server: Attacked) -> str:
    """300 beginnings of a TLS handshake to a port without TLS."""
    context, hello = ssl.create_default_context(), ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return await _all_at_once(server, [hello.read()] * 300)


async def _moment(server: Attacked) -> str:
    """900 connections that are opened in one moment, each with a request."""
    request = _request(server, "GET", f"{FACADE}/metadata")

    async def begun() -> Connection:
        connection = await server.open()
        await connection.send(request)
        return connection

    return await answers(await asyncio.gather(*(begun() for _ in range(900))), 30)


FLOODS: dict[str, Attack] = {
    "60 filters of a full journal by text": _costly_texts,
    "300 waiting calls in 100 workspaces": _waiting_worlds,
    "400 waiting calls, woken together": _woken_together,
    "300 restores of a checkpoint": _restores,
    "600 followers that come and go": _reconnects,
    "30 readers of the journal that read nothing": _slow_readers,
    "20 exports as HAR at once": _same(f"{CONTROL}/exchanges.har", 20),
    "20 reports at once": _same(f"{CONTROL}/report", 20),
    "20 reports as HTML at once": _as_html(f"{CONTROL}/report", 20),
    "200 searches of the console": _same(f"{CONTROL}/console/traffic?text=zzzz", 200),
    "200 searches of patients": _same(f"{CONTROL}/console/patients?q=smith", 200),
    "100 lints at once": _same(
        f"{CONTROL}/hl7/lint", 100, "POST", json.dumps({"text": "MSH|^~\\&|A|NORTHMOOR||||||\rPID|1" * 200}).encode()
    ),
    "30 calls that generate people": _same(f"{CONTROL}/generate", 30, "POST", b'{"patients":20}'),
    "100 worlds described at once": _same(f"{CONTROL}/world", 100),
    "100 readings of the metrics": _same(f"{CONTROL}/metrics", 100),
    "80 answers of 5 MB that nobody reads": _long_answers,
    "200 Facade searches, each another": _results,
    "200 questions for a purview": _purviews,
    "100 chains of includes": _same(f"{ROOT}/Observation?_include=*&_include:iterate=*&_revinclude:iterate=*", 100),
    "300 descriptions of the control API": _same(f"{CONTROL}/openapi.json", 300),
    "100 MLLP connections, good and half messages": _mixed_messages,
    "1,000 requests with 60 KB of cookies": _huge_cookies,
    "6 forms of 200,000 parts": _parts,
    "40 bodies of 19 MB that are no JSON": _broken_large,
    "30 bodies of 8 MB at once": _large_together,
    "4 x JSON of 19 MB of numbers": _values(f"{ROOT}/Patient", b"0.1,"),
    "4 x JSON of 19 MB of objects": _values("/_sandbox/verify", b"{},"),
    "4 x XML of 19 MB of elements": _values(f"{ROOT}/Patient", b"<a/>", XML, b"<Patient>"),
    "4 x XML of 19 MB of levels": _values(f"{ROOT}/Patient", b"<a>", XML, b""),
    "4 x SOAP of 19 MB of levels": _values(HL7, b"<a>", "text/xml", b""),
    "4 x SOAP of 2 MB of levels": _same(HL7, 4, "POST", b"<a>" * 700_000, "text/xml"),
    "500 approvals": _codes,
    "300 handshakes of TLS without TLS": _handshakes,
    "900 connections in one moment": _moment,
}
