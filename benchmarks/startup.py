"""Start-up and weight, as ratios to a bare Starlette app under the same uvicorn options: `python -m benchmarks.startup`

`ready` is the time until `/_sandbox/health/ready` answers with the world seeded, and `memory` the resident memory then.
An API is loaded by its first request, so there is also the slowest of the first requests, against the bare app's whole
start, and the resident memory when every API has answered.

Both are started in turn, and the least figure of each counts: other work only adds to it. If a ratio is over its limit,
there are more runs, which can only bring the figures nearer to what they would be without other work. Each runs once
before it counts, so that both have their byte code, as installed packages do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

RUNS, SERIES = 10, 6
LIMITS = {"ready": 2.2, "memory": 1.3, "first request": 1.0, "memory of all APIs": 1.6}
READY = "/_sandbox/health/ready"
APIS = ("/services/hl7?wsdl", "/rest/patients", "/api/oauth/token", "/fhir/metadata", "/_sandbox/matrix")
"""One address of each API. The order matters little: each loads what the others have not."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds until ready, resident kilobytes then, and both for the first request to every API."""

    ready: float
    memory: int
    first_request: float
    memory_of_all: int


def main() -> int:
    """Print the ratios; exit code 1 when one is over its limit after every series."""
    start_sandbox(), start_bare()  # for their byte code
    sandbox, bare = [], []
    for _ in range(SERIES):
        for _ in range(RUNS):
            sandbox.append(start_sandbox())
            bare.append(start_bare())
        ratios = ratios_of(sandbox, bare)
        print(
            "x a bare Starlette app:", ", ".join(f"{name} {ratios[name]:.2f} (limit {LIMITS[name]})" for name in LIMITS)
        )
        if all(ratios[name] <= LIMITS[name] for name in LIMITS):
            return 0
    return 1


def start_sandbox() -> Start:
    return measure(["-m", "sandbox", "serve", "--port", "{port}"], APIS)


def start_bare() -> Start:
    return measure(["-m", "benchmarks.bare", "{port}"])


def ratios_of(sandbox: list[Start], bare: list[Start]) -> dict[str, float]:
    """Return the ratios of the least figures, under the names of the limits."""
    seconds, kilobytes = min(start.ready for start in bare), min(start.memory for start in bare)
    return {
        "ready": min(start.ready for start in sandbox) / seconds,
        "memory": min(start.memory for start in sandbox) / kilobytes,
        "first request": min(start.first_request for start in sandbox) / seconds,
        "memory of all APIs": min(start.memory_of_all for start in sandbox) / kilobytes,
    }


def measure(arguments: list[str], paths: tuple[str, ...] = (), patience: float = 30) -> Start:
    """Start a server, and call each path once."""
    port = free_port()
    command = [sys.executable, *(argument.format(port=port) for argument in arguments)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}{READY}", started, patience)
        ready, memory = time.perf_counter() - started, resident(process.pid)
        seconds = [seconds_of(f"http://127.0.0.1:{port}{path}") for path in paths]
        return Start(ready, memory, max(seconds, default=0), resident(process.pid))
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(url: str, started: float, patience: float = 30) -> None:
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            if time.perf_counter() - started > patience:
                raise
            time.sleep(0.002)


def seconds_of(url: str) -> float:
    """Return the seconds until an answer, which may be a refusal."""
    started = time.perf_counter()
    try:
        urllib.request.urlopen(url).close()
    except HTTPError as refusal:
        refusal.close()
    return time.perf_counter() - started


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
