"""The server as a process of its own: start, ready file, signals, and clients that do not behave.

The other tests speak to a server in a thread; here it is started as users start it.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.web_server.ready_file import ReadyFile
from sandbox.web_server.sockets import PortTaken
from tests.support import STACKS

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(tmp_path: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its base URL from the ready file."""
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--ready-file", str(ready), *options]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    ) as process:
        try:
            deadline = time.monotonic() + 30
            while not (ready.is_file() and ready.read_text().endswith("\n")):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline, "the server is not ready after 30 seconds"
                time.sleep(0.02)
            yield process, ready.read_text().strip()
        finally:
            if process.poll() is None:
                process.kill()


def environment(stack: dict[str, Any]) -> dict[str, str]:
    return {f"PKB_SANDBOX_{name.upper()}": value for name, value in stack.items()}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_the_server_says_where_it_is_and_stops_when_told(tmp_path: Path, number: signal.Signals, stack: dict[str, Any]):
    with serving(tmp_path, **environment(stack)) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/_sandbox/health/ready").json()["status"] == "ready"
        process.send_signal(number)
        out, err = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in err
    for path in ("/services/hl7", "/api/oauth/token", "/auth/realms/pkb/protocol/openid-connect/token", "/fhir"):
        assert f"{url}{path}" in out
    assert "synthetic data" in out
    assert f"pkb-sandbox hl7 send --url {url} adt_a28" in out
    kinds = ["hl7-org", "hl7-partner", "user-client", "system-client", "customer-system-client"]
    assert all(f"\n{kind} " in out for kind in kinds)


def test_the_server_logs_a_line_for_each_exchange_and_no_secret(tmp_path: Path):
    with serving(tmp_path) as (process, url):
        form = {"grant_type": "client_credentials", "client_id": "letterbox-facade", "client_secret": "wrong-secret"}
        assert (
            httpx.post(f"{url}/api/oauth/token", data=form, params={"client_secret": "wrong-secret"}).status_code == 400
        )
        process.terminate()
        _, err = process.communicate(timeout=15)
    (line,) = err.strip().splitlines()
    at, rest = line.split(" ", 1)
    assert datetime.fromisoformat(at).tzinfo is not None
    assert rest.startswith("oauth POST token · nobody · no cell · 400 The parameter client_secret is repeated · ")
    assert "wrong-secret" not in err


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_the_server_stops_while_a_connection_is_open(tmp_path: Path, stack: dict[str, Any]):
    with serving(tmp_path, **environment(stack)) as (process, url), connected(url) as idle:
        idle.sendall(b"GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0


# --- the ready file, and the token in a file ---


def test_the_ready_file_is_gone_when_the_server_stops(tmp_path: Path):
    with serving(tmp_path) as (process, _):
        process.terminate()
        process.communicate(timeout=15)
    assert list(tmp_path.iterdir()) == []


def test_a_ready_file_of_an_earlier_server_is_removed_at_start(tmp_path: Path):
    ready = tmp_path / "ready"
    ready.write_text("http://127.0.0.1:1\n")
    with SandboxServer(port=0, ready_file=str(ready)) as server:
        assert ready.read_text() == f"{server.base_url}\n"
    ready.write_text("http://127.0.0.1:1\n")
    SandboxServer(port=0, ready_file=str(ready))
    assert not ready.exists()


def test_a_ready_file_that_another_server_wrote_since_stays(tmp_path: Path):
    ready = tmp_path / "ready"
    with SandboxServer(port=0, ready_file=str(ready)):
        ready.write_text("http://127.0.0.1:1\n")
    assert ready.read_text() == "http://127.0.0.1:1\n"


def test_a_ready_file_is_replaced_as_a_whole(tmp_path: Path):
    """Whoever has the file open goes on reading what was there."""
    ready = ReadyFile(str(tmp_path / "ready"))
    ready.write("http://127.0.0.1:1")
    with (tmp_path / "ready").open() as opened:
        ready.write("http://127.0.0.1:22")
        assert opened.read() == "http://127.0.0.1:1\n"
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("ready", "http://127.0.0.1:22\n")]


def test_the_admin_token_comes_from_a_file(tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("open-sesame\n")
    with serving(tmp_path, PKB_SANDBOX_ADMIN_TOKEN_FILE=str(token)) as (process, url):
        assert httpx.get(f"{url}/_sandbox/world").status_code == 401
        headers = {"Authorization": "Bearer open-sesame"}
        assert httpx.get(f"{url}/_sandbox/world", headers=headers).status_code == 200
        process.terminate()
        out, _ = process.communicate(timeout=15)
    assert "open-sesame" not in out


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_for_every_address_prints_the_token_that_it_made(tmp_path: Path, host: str):
    with serving(tmp_path, "--host", host) as (process, url):
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{url}/_sandbox/world").status_code == 200
        proxied = httpx.get(f"{url}/_sandbox/world", headers={"X-Forwarded-For": "198.51.100.7"})
        assert proxied.status_code == 401
        process.terminate()
        out, _ = process.communicate(timeout=15)
    token = out.rpartition("Authorization: Bearer ")[2].strip()
    assert len(token) == 32


# --- clients that do not behave ---


@pytest.fixture(scope="module", params=STACKS)
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(port=0, max_body_bytes=200_000, **STACKS[request.param]) as started:
        yield started


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Read the server's bytes until it closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def assert_up(server: SandboxServer) -> None:
    assert httpx.get(f"{server.base_url}/_sandbox/health/live").status_code == 200


GARBAGE = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + b"\r\n\r\n",
    "no version": b"GET /fhir/metadata\r\n\r\n",
    "bytes in the path": b"GET /fhir/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /fhir/metadata HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /fhir/metadata HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header without a colon": b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n",
    "a huge header": b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n",
    "a huge path": b"GET /fhir/" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a length that is none": b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "a length below zero": b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "chunks that are none": b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
}


@pytest.mark.parametrize("request_", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_and_the_server_stays_up(server: SandboxServer, request_: bytes):
    with connected(server.base_url) as connection:
        try:
            connection.sendall(request_)
            assert everything(connection).startswith(b"HTTP/1.1 400 ")
        except ConnectionError:
            pass  # closed while the rest was still being sent
    assert_up(server)


def test_a_request_line_by_line_and_byte_by_byte_is_answered(server: SandboxServer):
    with connected(server.base_url) as connection:
        for byte in b"GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
            connection.sendall(bytes([byte]))
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"}")


def test_a_client_that_closes_its_half_is_still_answered(server: SandboxServer):
    with connected(server.base_url) as connection:
        connection.sendall(b"GET /fhir/metadata HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection)[:12] in (b"HTTP/1.1 200", b"")
    assert_up(server)


@pytest.mark.parametrize(
    "content",
    [b"", b"GET /fhir", b"POST /services/hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"],
    ids=["nothing", "half a line", "half a body"],
)
def test_a_client_that_goes_away_leaves_nothing_behind(server: SandboxServer, content: bytes):
    before = len(server.workspaces.default.exchanges)
    with connected(server.base_url) as connection:
        connection.sendall(content)
    time.sleep(0.05)
    assert_up(server)
    assert len(server.workspaces.default.exchanges) == before


def test_a_slow_client_delays_no_other(server: SandboxServer):
    with connected(server.base_url) as slow:
        slow.sendall(b"POST /services/hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        assert_up(server)
        slow.sendall(b"67890")
        assert slow.recv(12) == b"HTTP/1.1 401"


@pytest.mark.parametrize("path", ["/fhir/Patient", "/services/hl7", "/api/oauth/token", "/json/x", "/_sandbox/reset"])
def test_a_body_over_the_limit_is_refused(server: SandboxServer, path: str):
    response = httpx.post(f"{server.base_url}{path}", content=b"x" * 200_001)
    assert response.status_code == 413
    if path != "/_sandbox/reset":
        assert response.headers["pkb-sandbox-standing"] == "choice"
    assert "200000 bytes" in response.text


def test_a_body_over_the_limit_without_a_length_is_refused(server: SandboxServer):
    credential = server.credentials("hl7-org")
    auth = (credential["username"], credential["password"])
    response = httpx.post(f"{server.base_url}/services/hl7", content=(b"x" * 50_000 for _ in range(5)), auth=auth)
    assert response.status_code == 413


def test_a_body_at_the_limit_is_read(server: SandboxServer):
    response = httpx.post(f"{server.base_url}/fhir/Patient", content=b"x" * 200_000)
    assert response.status_code == 401


def test_the_listener_names_its_protocol_so_that_answers_do_not_wait_for_acknowledgements(server: SandboxServer):
    """asyncio turns Nagle's algorithm off for connections of such a listener only."""
    assert server._socket is not None
    assert server._socket.proto == socket.IPPROTO_TCP


@pytest.mark.parametrize("path", ["/", "/nothing", "/fhirs", "/fhir.json", "//fhir/metadata", "/services"])
def test_an_address_that_no_api_has_is_404_and_says_where_they_are(server: SandboxServer, path: str):
    response = httpx.get(server.base_url + path)
    assert response.status_code in (404, 307)
    if response.status_code == 404:
        assert response.headers["content-type"] == "text/plain; charset=utf-8"
        assert "/fhir" in response.text


# --- as a library ---


def test_a_sandbox_takes_a_free_port_and_gives_it_back():
    with SandboxServer() as server:
        port = server.port
        assert server.base_url == f"http://127.0.0.1:{port}"
    with SandboxServer(port=port) as again:
        assert again.port == port


def test_a_port_that_is_taken_is_said():
    with (
        SandboxServer() as server,
        pytest.raises(PortTaken, match=f"^port {server.port} on 127.0.0.1 is not available"),
    ):
        SandboxServer(port=server.port).start()


def test_an_invalid_host_is_reported():
    with pytest.raises(Invalid, match=r"^--host nosuch\.invalid: "):
        SandboxServer(host="nosuch.invalid").start()


def test_two_sandboxes_are_two_worlds():
    with SandboxServer() as first, SandboxServer() as two:
        httpx.get(f"{first.base_url}/fhir/metadata")
        assert len(first.workspaces.default.exchanges) == 1
        assert len(two.workspaces.default.exchanges) == 0


def test_the_first_credential_of_a_kind_is_found():
    server = SandboxServer()
    assert server.credentials("system-client")["client_id"] == "letterbox-facade"
    assert server.credentials("hl7-org")["username"] == "org_northmoor"
    with pytest.raises(KeyError):
        server.credentials("root")


def test_the_addresses_of_the_fhir_endpoints_are_known_by_name():
    with SandboxServer() as server:
        paths = {"facade": "/fhir", "messaging": "/phr-fhir", "aggregated": "/aggregated/fhir"}
        paths["northmoor-r4"] = "/customer/northmoor-r4/fhir"
        assert {name: server.fhir_url(name).removeprefix(server.base_url) for name in paths} == paths
