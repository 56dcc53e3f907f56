"""docs/testing.md: every block that a reader would paste does what the page says, against a running sandbox."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support import Client

PAGE = (Path(__file__).parents[2] / "docs/testing.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8080"
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FAIL = 'curl() { command curl --fail-with-body "$@"; }\n'
"""Has curl fail where the server refuses, as a reader would notice."""

SECTIONS = {title: _BLOCK.findall(text) for title, text in _SECTION.findall(PAGE)}
RUNNERS = {"sh": ["bash", "-euc"], "python": [sys.executable, "-c"]}
SHOWN = {"text", "json"}
"""Blocks that show an answer."""


def test_the_sections_are_read():
    assert len(SECTIONS) > 3
    assert {language for blocks in SECTIONS.values() for language, _ in blocks} <= {*RUNNERS, *SHOWN}


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
@pytest.mark.parametrize("blocks", SECTIONS.values(), ids=SECTIONS)
def test_the_blocks_of_a_section_work_in_their_order(pkb: Client, tmp_path: Path, blocks: list[tuple[str, str]]):
    scripts = sysconfig.get_path("scripts")
    environment = os.environ | {
        "PKB_SANDBOX_URL": pkb.server.base_url,
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    for language, block in blocks:
        if language in SHOWN:
            continue
        code = block.replace(ADDRESS, pkb.server.base_url)
        command = [*RUNNERS[language], FAIL + code if language == "sh" else code]
        ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, f"{code}\n{ended.stdout}\n{ended.stderr}"
