"""What `serve` prints once it answers: the addresses, the certificate, and what control calls need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.cli import serve
from sandbox.server import SandboxServer
from sandbox.web_server.sockets import open_listener

TOKEN, NEEDED = "control calls from other machines need this header", "control calls need the configured admin token"
PROXY, MLLP, TRUST = "A proxy on this machine must send X-Forwarded-For", "MLLP on port 2575.", "export CURL_CA_BUNDLE="

CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "without options": ({}, set()),
    "an admin token": ({"admin_token": "letmein"}, {NEEDED}),
    "another address of this machine": ({"host": "0.0.0.0"}, {TOKEN}),
    "a trusted proxy": ({"trust_proxy": True}, {PROXY}),
    "a proxy's address": ({"base_url": "https://pkb.example"}, {PROXY}),
    "a local address": ({"base_url": "http://localhost:9000"}, set()),
    "a proxy and an admin token": ({"trust_proxy": True, "admin_token": "letmein"}, {NEEDED}),
    "MLLP": ({"mllp_port": 2575}, {MLLP}),
    "TLS": ({"tls": True}, {TRUST}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_lines_of_a_server_that_is_ready(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    options, expected = CASES[case]
    server = SandboxServer(tls_dir=str(tmp_path), **options)
    try:
        # Not `bind`, which opens the port of MLLP too.
        server._socket = open_listener("127.0.0.1", 0)
        serve._print_ready(server)
    finally:
        server._close()
    text = capsys.readouterr().out
    assert {line for line in (TOKEN, NEEDED, PROXY, MLLP, TRUST) if line in text} == expected
    assert "letmein" not in text
    assert "None" not in text
    if TOKEN in expected:
        assert f"Authorization: Bearer {server.settings.admin_token}" in text
