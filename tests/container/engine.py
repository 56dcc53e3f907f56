"""The container under test: a read-only root, no capabilities, no new privileges, the user of the image.

PKB_SANDBOX_TEST_CONTAINER is the engine's command, such as `docker`, which has an image pkb-sandbox:ci. `.ci/container`
builds it.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

ENGINE = shlex.split(os.environ.get("PKB_SANDBOX_TEST_CONTAINER", ""))
IMAGE = "pkb-sandbox:ci"
LOCKED = ("--rm", "--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
GRACE = 10
"""Seconds that Docker waits between SIGTERM and SIGKILL."""
PATIENCE = 60
"""Seconds after which a start has failed."""

needs_image = [
    pytest.mark.own_environment("container"),
    pytest.mark.skipif(not ENGINE, reason="no image is at hand: PKB_SANDBOX_TEST_CONTAINER names no container engine"),
]


@dataclass
class Container:
    """A container that runs. `output` is the file with all that it has printed."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    output: Path
    has_tls: bool = False

    @property
    def printed(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the container."""
        return subprocess.run(
            [*ENGINE, "exec", self.name, *arguments], capture_output=True, text=True, timeout=PATIENCE
        )

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http{'s' * self.has_tls}://{host}:{self.port}{path}"

    def wait_until_ready(self) -> None:
        """Fail with what it printed if it ends instead, or never becomes ready."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                httpx.get(self.url("/_sandbox/health/ready"), verify=False).raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.02)
        pytest.fail(f"never ready: {self.printed}")

    def terminate(self) -> int:
        """Send SIGTERM as `docker stop` does, and return the exit code. Fails after Docker's own grace."""
        subprocess.run(
            [*ENGINE, "kill", "--signal", "TERM", self.name], check=True, capture_output=True, timeout=PATIENCE
        )
        return self.process.wait(timeout=GRACE)

    def remove(self) -> None:
        if self.process.poll() is None:
            subprocess.run([*ENGINE, "kill", "--signal", "KILL", self.name], capture_output=True, timeout=PATIENCE)
            self.process.wait(timeout=GRACE)


def start(folder: Path, *options: str, arguments: tuple[str, ...] = (), **settings: Any) -> Container:
    """Start a container with `options` of the engine, `arguments` of pkb-sandbox, and settings by their names."""
    name, port = f"pkb-sandbox-{uuid4().hex[:12]}", free_port()
    pairs = {"port": port} | settings
    environment = [part for key, value in pairs.items() for part in ("--env", f"PKB_SANDBOX_{key.upper()}={value}")]
    output = folder / f"{name}.txt"
    command = [*ENGINE, "run", *LOCKED, "--name", name, *environment, *options, IMAGE, *arguments]
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    return Container(name, port, process, output, has_tls=settings.get("tls") == "true")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def address_beyond_loopback() -> str:
    """An address of this machine by which callers are not from loopback; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
