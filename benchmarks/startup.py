"""Start-up: time until `/_sandbox/health/ready` answers, and resident memory then, against a bare Starlette app.

Both are started in turn, several times; the figures are ratios of medians. Each runs once before it counts, so that
both have their byte code, as installed packages do. `python -m benchmarks.startup`
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

RUNS, SERIES = 10, 3
LIMITS = {"ready": 2.2, "memory": 1.3}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> int:
    """Print both ratios; exit code 1 when one is over its limit in each of three series: other work only adds to it."""
    return 0 if any(is_within_limits() for _ in range(SERIES)) else 1


def is_within_limits() -> bool:
    """Measure one series, and print its ratios."""
    sandbox, bare = [], []
    for _ in range(RUNS):
        sandbox.append(measure(["-m", "sandbox", "serve", "--port", "{port}"]))
        bare.append(measure(["-m", "benchmarks.bare", "{port}"]))
    ready = ratio(sandbox[1:], bare[1:], 0)
    memory = ratio(sandbox[1:], bare[1:], 1)
    print(
        f"ready after {ready:.2f} x a bare Starlette app (limit {LIMITS['ready']}), "
        f"with {memory:.2f} x its resident memory (limit {LIMITS['memory']})"
    )
    return ready <= LIMITS["ready"] and memory <= LIMITS["memory"]


def ratio(ours: list[tuple[float, int]], theirs: list[tuple[float, int]], figure: int) -> float:
    return statistics.median(run[figure] for run in ours) / statistics.median(run[figure] for run in theirs)


def measure(arguments: list[str]) -> tuple[float, int]:
    """Seconds until ready, and resident kilobytes then."""
    port = free_port()
    command = [sys.executable, *(argument.format(port=port) for argument in arguments)]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/_sandbox/health/ready", started)
        return time.perf_counter() - started, resident(process.pid)
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(url: str, started: float) -> None:
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            if time.perf_counter() - started > 30:
                raise
            time.sleep(0.002)


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
