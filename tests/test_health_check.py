"""The health check of the container: it asks by the settings in the environment, over HTTP and HTTPS."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sandbox import health_check
from sandbox.server import SandboxServer


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "TLS", "TLS_CERT"):
        monkeypatch.delenv(f"PKB_SANDBOX_{name}", raising=False)


def test_a_server_that_is_ready_is_healthy(monkeypatch: pytest.MonkeyPatch):
    with SandboxServer(port=0) as server:
        monkeypatch.setenv("PKB_SANDBOX_PORT", str(server.port))
        assert health_check.main() == 0


@pytest.mark.parametrize("word", ["true", "1", "YES"])
def test_https_is_asked_where_it_is_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str):
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path), hl7_port=0) as server:
        monkeypatch.setenv("PKB_SANDBOX_PORT", str(server.port))
        monkeypatch.setenv("PKB_SANDBOX_TLS", word)
        assert health_check.main() == 0


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    monkeypatch.setenv("PKB_SANDBOX_PORT", str(port))
    assert health_check.main() == 1
    assert f"http://127.0.0.1:{port}/_sandbox/health/ready" in capsys.readouterr().err


def test_the_address_follows_the_settings(monkeypatch: pytest.MonkeyPatch):
    assert health_check.url() == "http://127.0.0.1:8080/_sandbox/health/ready"
    monkeypatch.setenv("PKB_SANDBOX_TLS_CERT", "/cert.pem")
    assert health_check.url().startswith("https://")
