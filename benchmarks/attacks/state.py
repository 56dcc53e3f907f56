"""Attacks on what the server keeps (journal, worlds, streams, results, tokens), and heavy requests at once."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

from benchmarks.attacks.attacked import Attack, Attacked, answers, counted
from benchmarks.latency_client import CONTROL, FACADE, ROOT
from benchmarks.latency_hostile import HOSTILE

AT_ONCE = 4


def _request(server: Attacked, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + server.header(path) + b"\r\n" + body


async def _repeated(server: Attacked, request: bytes, times: int, width: int = 20) -> str:
    """Send a request many times on some connections, and return the last answers."""
    connections = await server.open_many(width)
    last = [""] * width
    for _ in range(times // width):
        await asyncio.gather(*(connection.send(request) for connection in connections))
        last = await asyncio.gather(*(connection.answer() for connection in connections))
    return counted(last)


async def _flood(server: Attacked) -> str:
    """4,000 requests of 60 KB each."""
    return await _repeated(server, _request(server, "POST", f"{ROOT}/Patient", b"[" + b" " * 60_000), 4000)


async def _flood_of_nobody(server: Attacked) -> str:
    """4,000 requests with 30 KB of headers and wrong credentials."""
    head = (
        b"POST /fhir/Patient HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nX: "
        + b"y" * 30_000
        + b"\r\nContent-Length: 0\r\n\r\n"
    )
    return await _repeated(server, head, 4000)


async def _workspaces(server: Attacked) -> str:
    """300 workspaces, of which 200 are allowed, and their end."""
    created = [server.client.ask("POST", f"{CONTROL}/workspaces", {"name": f"attack-{n}"}) for n in range(300)]
    deleted = [server.client.ask("DELETE", f"{CONTROL}/workspaces/attack-{n}") for n in range(200)]
    return counted([*created, *deleted])


async def _followers(server: Attacked) -> str:
    """400 event streams that nobody reads, and 200 events."""
    connections = await server.open_many(400)
    request = b"GET /_sandbox/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await asyncio.gather(*(connection.send(request) for connection in connections))
    body = json.dumps({"resourceType": "Patient", "id": "e1"}).encode()
    await _repeated(server, _request(server, "PUT", f"{ROOT}/Patient/e1", body), 200)
    return await answers(connections[:10], 1)


async def _waiting(server: Attacked) -> str:
    """400 calls that wait for an exchange that never comes, and 200 other exchanges."""
    connections = await server.open_many(400)
    request = b"GET /_sandbox/exchanges?wait=30&api=hl7&text=never HTTP/1.1\r\nHost: localhost\r\n\r\n"
    await asyncio.gather(*(connection.send(request) for connection in connections))
    await _repeated(server, _request(server, "GET", f"{FACADE}/Patient/none"), 200)
    return await answers(connections[:10], 0.5)


async def _checkpoints(server: Attacked) -> str:
    """200 checkpoints, and their end."""
    created = [server.client.ask("POST", f"{CONTROL}/checkpoints", {"name": f"c{n}"}) for n in range(200)]
    deleted = [server.client.ask("DELETE", f"{CONTROL}/checkpoints/c{n}") for n in range(200)]
    return counted([*created, *deleted])


async def _pages(server: Attacked) -> str:
    """3,000 searches whose results are kept for further pages."""
    patients = json.loads(server.client.send("GET", f"{CONTROL}/world")[1])["patients"]
    category = "http://fhir.patientsknowbest.com/codesystem/observation-category%7CLABORATORY"
    path = f"{FACADE}/Observation?patient={patients[0]['id']}&category={category}&_count=1"
    return await _repeated(server, _request(server, "GET", path), 3000)


async def _tokens(server: Attacked) -> str:
    """3,000 tokens."""
    form = b"grant_type=client_credentials&client_id=letterbox-facade&client_secret=letterbox-Secret-2026"
    return await _repeated(
        server, _request(server, "POST", "/api/oauth/token", form, "application/x-www-form-urlencoded"), 3000
    )


async def _guesses(server: Attacked) -> str:
    """3,000 wrong passwords and tokens."""
    head = b"POST /services/hl7 HTTP/1.1\r\nHost: a\r\nAuthorization: Basic eDp5\r\nContent-Length: 0\r\n\r\n"
    return await _repeated(server, head, 3000)


def _heavy(name: str) -> Attack:
    """A hostile request of `benchmarks.latency`, four at once."""

    async def attack(server: Attacked) -> str:
        act = HOSTILE[name](server.client)
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return counted(await asyncio.gather(*(loop.run_in_executor(threads, act) for _ in range(AT_ONCE))))

    return attack


STATE: dict[str, Attack] = {
    "4,000 bodies of 60 KB": _flood,
    "4,000 refused heads of 30 KB": _flood_of_nobody,
    "300 workspaces": _workspaces,
    "200 checkpoints": _checkpoints,
    "400 event streams, unread": _followers,
    "400 waiting calls": _waiting,
    "3,000 searches with pages": _pages,
    "3,000 tokens": _tokens,
    "3,000 wrong passwords": _guesses,
    **{f"{AT_ONCE} x {name}": _heavy(name) for name in HOSTILE},
}
