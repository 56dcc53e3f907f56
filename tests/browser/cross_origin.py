"""Attempts of pages at a sandbox, made in Chromium."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE, CHROMIUM = os.environ.get("PKB_SANDBOX_TEST_NODE"), os.environ.get("PKB_SANDBOX_TEST_CHROMIUM")
SCRIPT = Path(__file__).with_name("cross_origin.mjs")

in_a_browser = [
    pytest.mark.own_environment("chromium"),
    pytest.mark.skipif(
        not NODE or not CHROMIUM,
        reason="no browser is at hand: PKB_SANDBOX_TEST_CHROMIUM names no Chromium, "
        "or PKB_SANDBOX_TEST_NODE no folder with node_modules",
    ),
]


def free_port() -> int:
    """A port for a page of another origin."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def attempts(base_url: str, port: int, *requested: dict[str, Any]) -> list[dict[str, Any]]:
    """The outcome of each attempt: see the script."""
    command = ["node", str(SCRIPT), base_url, str(port), json.dumps(requested)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    results: list[dict[str, Any]] = json.loads(ran.stdout)
    return results
