"""Walks through the console in Chromium, each a script beside this file."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

NODE, CHROMIUM = os.environ.get("PKB_SANDBOX_TEST_NODE"), os.environ.get("PKB_SANDBOX_TEST_CHROMIUM")
SHOTS = os.environ.get("PKB_SANDBOX_TEST_SHOTS", "")
"""A folder for screenshots, to look at them afterwards."""

in_a_browser = [
    pytest.mark.own_environment("chromium"),
    pytest.mark.skipif(
        not NODE or not CHROMIUM,
        reason="no browser is at hand: PKB_SANDBOX_TEST_CHROMIUM names no Chromium, "
        "or PKB_SANDBOX_TEST_NODE no folder with node_modules",
    ),
]


def walk(script: str, base_url: str, argument: Any = None, seconds: float = 240) -> Any:
    """The result of a walk. It fails by a request to another host, an error of a script, or a blocked one."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
    command = ["node", str(Path(__file__).with_name(script)), base_url, json.dumps(argument), SHOTS]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    assert ran.returncode == 0, ran.stderr[-3000:]
    outcome = json.loads(ran.stdout)
    assert outcome["trouble"] == []
    return outcome["result"]
