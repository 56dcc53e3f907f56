"""Asks a server every 5 ms whether it lives, in a process of its own: `python -m benchmarks.latency_prober PORT PID`

`start` on standard input begins a measurement; `stop` prints two numbers: the longest wait in milliseconds, and the
processor time in milliseconds that the server spent in any one wait (0 where the system does not tell). The second
does not depend on what else the machine does.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

INTERVAL = 0.005
# Without a buffer: `select` does not see a line that is in one.
COMMANDS = open(0, "rb", buffering=0)  # noqa: SIM115 - as standard input, it stays open
REQUEST = b"GET /_sandbox/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def main() -> None:
    port, process = int(sys.argv[1]), int(sys.argv[2])
    for line in commands():
        if line == b"start":
            longest, most = measure(port, process)
            print(f"{longest * 1000:.1f} {most * 1000:.1f}", flush=True)


def commands() -> Iterator[bytes]:
    yield from (line.strip() for line in iter(COMMANDS.readline, b""))


def measure(port: int, process: int) -> tuple[float, float]:
    """Return the longest wait, and the most processor time within one, in seconds, until a line arrives."""
    longest = most = 0.0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not select.select([COMMANDS], [], [], INTERVAL)[0]:
            spent, start = processor_seconds(process), time.perf_counter()
            connection.sendall(REQUEST)
            connection.recv(65536)
            longest = max(longest, time.perf_counter() - start)
            most = max(most, processor_seconds(process) - spent)
    COMMANDS.readline()
    return longest, most


def processor_seconds(process: int) -> float:
    """Return what the threads of a process have used of processors; 0 where the system does not tell."""
    total = 0
    for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            total += int(file.read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


if __name__ == "__main__":
    main()
