"""What `serve` says about the control API when its options tell of a proxy."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.cli.serve import _print_ready
from sandbox.server import SandboxServer

WARNED: dict[str, tuple[dict[str, Any], bool]] = {
    "no proxy": ({}, False),
    "a base URL of the proxy": ({"base_url": "https://tests.example/pkb"}, True),
    "a base URL of this machine": ({"base_url": "http://localhost:9000"}, False),
    "trusted proxies": ({"trust_proxy": True}, True),
    "a token that was made by itself": ({"host": "0.0.0.0", "trust_proxy": True}, True),
    "a token": ({"base_url": "https://tests.example", "admin_token": "t"}, False),
}


@pytest.mark.parametrize(("options", "is_warned"), WARNED.values(), ids=WARNED)
def test_a_proxy_without_headers_is_warned_of(
    capsys: pytest.CaptureFixture[str], options: dict[str, Any], is_warned: bool
):
    server = SandboxServer(port=0, **options)
    server.bind()
    _print_ready(server)
    server._close()
    text = capsys.readouterr().out
    assert ("A proxy on this machine must send X-Forwarded-For" in text) == is_warned
    assert "Bearer t\n" not in text
