"""A stand-in for a container engine: as much of its API as Testcontainers uses; its containers are local processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

CONTAINER = "5a17d0c5" * 8


@dataclass
class Engine:
    """What the engine was asked to create, and `pkb-sandbox serve` with that environment in the container's place."""

    folder: Path
    url: str = ""
    created: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    address: str = ""

    def start(self) -> None:
        ready = self.folder / "ready"
        variables = dict(variable.split("=", 1) for variable in self.created["Env"])
        command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--ready-file", str(ready)]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, env={**os.environ, **variables}, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not (ready.is_file() and ready.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.address = ready.read_text().strip()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def bindings(self) -> list[dict[str, str]]:
        return [{"HostIp": "127.0.0.1", "HostPort": str(urlsplit(self.address).port)}] if self.address else []

    def inspected(self) -> dict[str, Any]:
        return {
            "Id": CONTAINER,
            "Config": {"Image": self.created["Image"], "Labels": {}},
            "State": {"Status": "running" if self.process else "created", "Running": self.process is not None},
            "NetworkSettings": {"Ports": {"8080/tcp": self.bindings()}, "Networks": {}},
        }


class _Handler(BaseHTTPRequestHandler):
    engine: Engine

    def do_GET(self) -> None:
        match self._path():
            case "/version":
                self._send(200, {"Version": "28.0.0", "ApiVersion": "1.47", "MinAPIVersion": "1.24"})
            case path if path.startswith(f"/containers/{CONTAINER}/json"):
                self._send(200, self.engine.inspected())
            case "/containers/json":
                bindings = self.engine.bindings()
                ports = [{"PrivatePort": 8080, "PublicPort": int(row["HostPort"]), "Type": "tcp"} for row in bindings]
                self._send(200, [{**self.engine.inspected(), "Ports": ports}])
            case path if path.startswith("/images/"):
                self._send(200, {"Id": f"sha256:{CONTAINER}", "RepoTags": [path.removeprefix("/images/")]})
            case path:
                self._send(404, {"message": f"this engine does not know {path}"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self._path():
            case "/containers/create":
                self.engine.created = json.loads(body)
                self._send(201, {"Id": CONTAINER, "Warnings": []})
            case path if path == f"/containers/{CONTAINER}/start":
                self.engine.start()
                self._send(204)
            case path:
                self._send(404, {"message": f"this engine does not know {path}"})

    def do_DELETE(self) -> None:
        self.engine.stop()
        self._send(204)

    def _path(self) -> str:
        return re.sub(r"^/v[0-9.]+", "", urlsplit(self.path).path)

    def _send(self, status: int, body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep silent: the output of tests is for failures."""


@contextmanager
def running_engine(folder: Path) -> Iterator[Engine]:
    engine = Engine(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"engine": engine}))
    engine.url = f"tcp://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield engine
    finally:
        engine.stop()
        server.shutdown()
        server.server_close()
        thread.join(10)
