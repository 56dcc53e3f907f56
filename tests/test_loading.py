"""A server whose world takes long to load: it answers at once, in the words of each API, and then as any other."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sandbox import facts
from sandbox.domain.worlds import loading
from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.store import Store
from sandbox.synthetic import folder
from sandbox.synthetic.folder import WorldPlan
from sandbox.web_server.sockets import PortTaken

REQUESTS: dict[str, tuple[str, str, Callable[[httpx.Response], bool]]] = {
    "control": ("GET", "/_sandbox/world", lambda answer: answer.json()["status"] == 503),
    "ready": ("GET", "/_sandbox/health/ready", lambda answer: "loading its world" in answer.json()["detail"]),
    "console": ("GET", "/_sandbox/console/", lambda answer: "<html" in answer.text),
    "hl7": ("POST", "/services/hl7", lambda answer: "Fault" in answer.text),
    "oauth": ("POST", "/api/oauth/token", lambda answer: answer.json()["error"] == "temporarily_unavailable"),
    "rest": ("GET", "/json/users/self", lambda answer: answer.json()["status"] == 503),
    "facade": ("GET", "/fhir/Patient/1", lambda answer: answer.json()["resourceType"] == "OperationOutcome"),
    "messaging": ("POST", "/phr-fhir/$process-message", lambda answer: "OperationOutcome" in answer.text),
    "customer": ("GET", "/customer/northmoor-r4/fhir/Patient", lambda answer: "OperationOutcome" in answer.text),
    "unknown": ("GET", "/customer/elsewhere/fhir/Patient", lambda answer: "OperationOutcome" in answer.text),
    "aggregated": ("GET", "/aggregated/fhir/Patient", lambda answer: "OperationOutcome" in answer.text),
}
"""API → a request to it, and what is true of its own kind of refusal."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loading") / "world"
    folder.write_world_folder(path, WorldPlan(patients=2, seed=5))
    return path


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """An event on which the loading of a folder waits; the small world before it does not."""
    event, load = threading.Event(), loading.load_world

    def waiting(store: Store, name: str) -> None:
        if Path(name).is_dir():
            event.wait(30)
        load(store, name)

    monkeypatch.setattr(loading, "load_world", waiting)
    return event


class Served:
    """A server in a thread whose world waits at the gate."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        server.bind()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        self.http = httpx.Client(base_url=server.base_url, timeout=30)

    def _run(self) -> None:
        try:
            self.server.serve(self.ready.set)
        except (Invalid, PortTaken) as error:
            self.failure = error

    def stop(self) -> None:
        self.server.stop()
        self.thread.join(30)
        self.http.close()


@pytest.fixture
def served(world: Path, gate: threading.Event) -> Iterator[Served]:
    served = Served(SandboxServer(port=0, at_once=True, world=str(world), mllp_port=free_port()))
    yield served
    gate.set()
    served.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_requests_are_refused_in_the_words_of_their_api_until_the_world_is_loaded(
    served: Served, gate: threading.Event
):
    assert served.http.get("/_sandbox/health/live").json()["status"] == "live"
    for method, path, is_own in REQUESTS.values():
        answer = served.http.request(method, path)
        assert (answer.status_code, path) == (503, path)
        assert answer.headers["retry-after"] == str(facts.value("frontend.loading")), path
        assert is_own(answer), answer.text
    assert not served.ready.is_set()
    gate.set()
    assert served.ready.wait(30)
    assert served.http.get("/_sandbox/health/ready").json()["status"] == "ready"
    assert len(served.http.get("/_sandbox/world").json()["patients"]) > 2
    assert served.http.get("/_sandbox/exchanges").json()["exchanges"] == []
    with socket.create_connection(("127.0.0.1", served.server.mllp_port)):
        pass


def test_a_server_can_be_stopped_while_its_world_is_loading(served: Served):
    assert served.http.get("/_sandbox/health/ready").status_code == 503
    served.stop()
    assert not served.thread.is_alive()
    assert served.failure is None


def test_a_world_that_cannot_be_read_stops_the_server_with_its_error(tmp_path: Path, gate: threading.Event):
    gate.set()
    (tmp_path / "world.toml").write_text("name = ")
    served = Served(SandboxServer(port=0, at_once=True, world=str(tmp_path)))
    served.thread.join(30)
    served.http.close()
    assert isinstance(served.failure, Invalid)
    assert "cannot be read" in served.failure.text


def test_a_port_of_mllp_that_is_taken_stops_the_command(world: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "serve", "--port", "0", "--world", str(world), "--mllp-port", port]
        completed = subprocess.run(command, capture_output=True, text=True)
    assert completed.returncode == 3
    assert port in completed.stderr


def test_the_log_counts_the_entities_of_a_record(
    world: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loading, "LOGGED_EVERY", 20)
    caplog.set_level(logging.INFO, logger="sandbox.world")
    loading.load_world(Store(), str(world))
    total = len((world / "record.ndjson").read_text(encoding="utf-8").splitlines())
    counted = [f"{count:,} entities of PKB's record loaded" for count in range(20, total + 1, 20)]
    assert [record.getMessage() for record in caplog.records] == counted
