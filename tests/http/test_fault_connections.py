"""How a lost answer ends its connection: over HTTP and HTTPS, in a row, and in process; and what is logged."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.http.connection import ConnectionLost
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.control.test_events import wait_until
from tests.support import STACKS, Client

Json = dict[str, Any]
LOST: list[Json] = [{"drop": "before"}, {"drop": "after-commit"}, {"reset": True}]
REQUEST = b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n\r\n"


def set_rules(pkb: Client, *rules: Json) -> None:
    assert pkb.http.put("/_sandbox/faults", json={"rules": list(rules)}).status_code == 200


@pytest.mark.parametrize("effect", LOST, ids=str)
def test_nothing_is_said_in_the_log_but_the_line_of_the_exchange(
    pkb: Client, caplog: pytest.LogCaptureFixture, effect: Json
):
    set_rules(pkb, {**effect, "path": "/fhir/*"})
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            with pytest.raises(httpx.TransportError):
                pkb.http.get("/fhir/metadata")
        assert pkb.http.get("/phr-fhir/metadata").status_code == 200
    lines = [record for record in caplog.records if record.name.startswith(("sandbox", "uvicorn"))]
    assert {record.levelno for record in lines} == {logging.INFO}
    faulted = [line.getMessage() for line in lines if " · fault " in line.getMessage()]
    assert len(faulted) == 3


@pytest.mark.parametrize("effect", LOST, ids=str)
def test_an_earlier_answer_on_the_same_connection_arrives(pkb: Client, effect: Json):
    """Requests in a row: the second is lost, and the third with the connection."""
    set_rules(pkb, {**effect, "path": "/fhir/*", "every": 2})
    with socket.create_connection(("127.0.0.1", pkb.server.port), timeout=10) as peer:
        peer.sendall(REQUEST)
        answer = b""
        while b'"resourceType"' not in answer:
            answer += peer.recv(65536)
        peer.settimeout(1)
        try:
            while peer.recv(1_000_000):
                pass
        except TimeoutError:
            pass
        peer.settimeout(10)
        peer.sendall(REQUEST)
        if "reset" in effect:
            with pytest.raises(ConnectionResetError):
                peer.recv(10)
        else:
            assert peer.recv(10) == b""


@pytest.fixture(scope="module", params=STACKS)
def https(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with SandboxServer(
        port=0, tls=True, tls_dir=str(tmp_path_factory.mktemp("tls")), **STACKS[request.param]
    ) as server:
        yield server


@pytest.mark.parametrize("effect", LOST, ids=str)
def test_a_connection_with_tls_ends_too(https: SandboxServer, effect: Json):
    context = ssl.create_default_context(cafile=str(https.certificate_file))
    with httpx.Client(base_url=https.base_url, verify=context, timeout=10) as client:
        client.put("/_sandbox/faults", json={"rules": [{**effect, "api": "facade", "first": 1}]})
        with pytest.raises(httpx.TransportError):  # Python's ssl takes a reset for an end
            client.get("/fhir/metadata")
        assert client.get("/fhir/metadata").status_code == 200


@pytest.mark.parametrize("effect", LOST, ids=str)
def test_in_process_a_lost_answer_raises(effect: Json, caplog: pytest.LogCaptureFixture):
    workspaces = Workspaces(Settings())
    app = create_app(workspaces)

    async def ask() -> None:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            rules = {"rules": [{**effect, "first": 1}, {"truncate": 5, "first": 1}, {"slow_body": 100_000}]}
            assert (await client.put("/_sandbox/faults", json=rules)).status_code == 200
            with pytest.raises(ConnectionLost):
                await client.get("/fhir/metadata")
            assert len((await client.get("/fhir/metadata")).content) == 5
            assert (await client.get("/fhir/metadata")).json()["resourceType"] == "CapabilityStatement"

    asyncio.run(ask())
    assert [exchange.status for exchange in workspaces.default.exchanges] == [0, 200, 200]
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_client_that_leaves_a_slow_answer_does_no_harm(pkb: Client, caplog: pytest.LogCaptureFixture):
    set_rules(pkb, {"path": "/fhir/metadata", "slow_body": 50})
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{pkb.server.base_url}/fhir/metadata", timeout=httpx.Timeout(5, read=0.01))
    assert pkb.http.get("/phr-fhir/metadata").status_code == 200
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.parametrize("rule", [{"delay_ms": 600_000}, {"slow_body": 1}], ids=str)
@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_server_that_stops_waits_no_more(rule: Json, stack: Json, caplog: pytest.LogCaptureFixture):
    """Waiting calls are answered at once, and none is cancelled."""
    server = SandboxServer(port=0, **stack).start()
    httpx.put(f"{server.base_url}/_sandbox/faults", json={"rules": [{**rule, "api": "facade"}]})
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(httpx.get(f"{server.base_url}/fhir/metadata", timeout=60)))
    client.start()
    wait_until(lambda: len(server.workspaces.default.exchanges) > 0)
    server.stop()
    client.join()
    assert answers[0].json()["resourceType"] == "CapabilityStatement"
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_a_head_request_has_no_body_to_break(pkb: Client):
    set_rules(pkb, {"malformed": True, "slow_body": 100_000})
    response = pkb.http.head("/fhir/metadata")
    assert (response.status_code, response.content) == (200, b"")
