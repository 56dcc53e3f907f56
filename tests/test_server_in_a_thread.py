"""A server that a program serves itself: with ports that it opened before, and without."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from sandbox.server import SandboxServer


@contextmanager
def serving(server: SandboxServer) -> Iterator[None]:
    """Call `serve` in a thread until the block ends."""
    ready = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ready.set,), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield
    finally:
        server.stop()
        thread.join(30)
    assert not thread.is_alive()


@pytest.mark.parametrize("is_bound", [True, False])
def test_the_ports_are_opened_once(is_bound: bool):
    server = SandboxServer()
    if is_bound:
        server.bind()
        port = server.port
    with serving(server):
        assert httpx.get(f"{server.base_url}/_sandbox/health/ready").status_code == 200
        assert not is_bound or server.port == port


def test_a_port_of_its_own_serves_hl7_alone():
    with SandboxServer(hl7_port=0) as plain:
        assert plain.hl7_url == f"{plain.base_url}/services/hl7"
    with SandboxServer(port=0) as server:
        assert server.workspaces.hl7_port is None
        assert server.fhir_url("facade") == f"{server.base_url}/fhir"
        assert server.fhir_url("northmoor-r4") == f"{server.base_url}/customer/northmoor-r4/fhir"
        with pytest.raises(KeyError):
            server.credentials("unheard-of")
        assert server.credentials("system-client")["kind"] == "system-client"
