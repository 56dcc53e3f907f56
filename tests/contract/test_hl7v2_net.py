"""MLLP with hl7v2-net, the client of the JavaScript world: fifty connections at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.server import SandboxServer
from tests.hl7.samples import A28
from tests.hl7.test_mllp import free_port

NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")
SCRIPT = Path(__file__).with_name("hl7v2_net.mjs")

pytestmark = [
    pytest.mark.own_environment("node"),
    pytest.mark.skipif(
        not NODE or shutil.which("node") is None,
        reason="hl7v2-net is not at hand: PKB_SANDBOX_TEST_NODE names no folder with node_modules",
    ),
]


def test_fifty_connections_send_and_are_acknowledged():
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        text = A28.strip().replace("\n", "\r")
        command = ["node", str(SCRIPT), str(server.mllp_port), text]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {"AA": 200}
