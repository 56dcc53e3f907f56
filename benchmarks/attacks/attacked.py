"""The attacked server, and what all attacks do with it: open connections, send bytes, count answers."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.latency_client import AGGREGATED, CONTROL, FACADE, ROOT, Client
from benchmarks.startup import free_port

OPTIONS = ("--max-workspaces", "200")
PATIENCE = 15.0
"""Seconds for an answer: more than the time-outs of headers and messages, less than that of bodies."""
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_ACK = re.compile(rb"MSA\|(\w\w)")
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> bool:
        """Send bytes; False if the server has closed."""
        with suppress(OSError):
            self.writer.write(data)
            await self.writer.drain()
            return True
        return False

    async def answer(self, seconds: float = PATIENCE) -> str:
        """Return the status codes of what arrives until the end, or until nothing more does."""
        # What arrived before a reset is kept by the reader, which would raise instead of returning it.
        received = bytes(self.reader._buffer) if self.reader.exception() else b""  # type: ignore[attr-defined]
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(seconds):
                while not _is_whole(received) and (data := await self.reader.read(MB)):
                    received += data
        statuses = [code.decode() for code in (*_STATUS.findall(received), *_ACK.findall(received))]
        return " ".join(statuses[:3]) or ("closed" if self.reader.at_eof() or self.reader.exception() else "open")


def _is_whole(received: bytes) -> bool:
    """Whether one answer with a stated length has arrived, and nothing after it."""
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return bool(end and length) and len(body) == int(length[1] if length else 0)


@dataclass(slots=True)
class Attacked:
    """A running sandbox. `client` has the credentials of the default world; `log` is what the server writes."""

    port: int
    mllp: int
    process: int
    log: Path
    client: Client
    peak: int = 0
    _opened: list[Connection] = field(default_factory=list)

    async def open(self, port: int = 0) -> Connection:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", port or self.port, limit=64 * MB))
        self._opened.append(connection)
        return connection

    async def open_many(self, number: int, port: int = 0) -> list[Connection]:
        return [await self.open(port) for _ in range(number)]

    async def close(self) -> None:
        for connection in self._opened:
            connection.writer.transport.abort()
        self._opened.clear()
        await asyncio.sleep(0.3)

    async def once(self, data: bytes, seconds: float = PATIENCE) -> str:
        """Send bytes on a connection of their own, and return what is answered."""
        connection = await self.open()
        await connection.send(data)
        answer = await connection.answer(seconds)
        connection.writer.transport.abort()
        self._opened.remove(connection)
        return answer

    def header(self, path: str) -> bytes:
        """The header line with the credential that a path needs."""
        return "".join(f"{name}: {value}\r\n" for name, value in self.client._credential(path).items()).encode()

    def memory(self) -> int:
        """Resident bytes."""
        with suppress(OSError):
            return int(Path(f"/proc/{self.process}/statm").read_text().split()[1]) * 4096
        return 0


Attack = Callable[[Attacked], Awaitable[str]]


def counted(answers: Iterable[str]) -> str:
    """Return answers with their numbers, the most frequent first."""
    counts = Counter(answers).most_common(4)
    return ", ".join(f"{number} x {answer}" if number > 1 else answer for answer, number in counts)


async def answers(connections: Iterable[Connection], seconds: float = PATIENCE) -> str:
    return counted(await asyncio.gather(*(connection.answer(seconds) for connection in connections)))


@asynccontextmanager
async def sampled(server: Attacked) -> AsyncIterator[None]:
    """Note the highest memory in the block."""
    server.peak, is_over = server.memory(), threading.Event()

    def sample() -> None:
        while not is_over.wait(0.02):
            server.peak = max(server.peak, server.memory())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _warm_up(client: Client) -> None:
    """Call each API once: the first request of each loads it."""
    client.send_message("MSH|^~\\&|A|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A28|warm|P|2.4")
    for path in (f"{ROOT}/Patient", f"{FACADE}/metadata", f"{AGGREGATED}/Patient", "/json/users/self"):
        client.send("GET", path)
    client.send("GET", f"{CONTROL}/openapi.json")


@contextmanager
def attacked(options: Iterable[str] = OPTIONS) -> Iterator[Attacked]:
    """Start a sandbox with an MLLP port."""
    with TemporaryDirectory() as folder:
        ready, log, mllp = Path(folder) / "ready", Path(folder) / "log", free_port()
        ports = ("--port", "0", "--mllp-port", str(mllp), "--ready-file", str(ready))
        command = [sys.executable, "-m", "sandbox", "serve", *ports, *options]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            while process.poll() is None and not (ready.is_file() and ready.read_text(encoding="utf-8")):
                time.sleep(0.1)
            port = int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2])
            server = Attacked(port, mllp, process.pid, log, Client(port))
            _warm_up(server.client)
            yield server
        finally:
            process.terminate()
            process.wait()
