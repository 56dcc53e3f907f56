"""The blocks of the how-to pages run as they stand, in the order of the page, against one server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sandbox.server import Sandbox

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("testing.md",)
DOCUMENTED = "http://127.0.0.1:8080"
"""The server that the pages name."""
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


class Block(NamedTuple):
    """A block of a page: its language, its text, and the section that it stands in."""

    language: str
    text: str
    section: str


def blocks(page: str) -> Iterator[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        section = _HEADING.findall(text, 0, match.start())[-1]
        yield Block(match[1], match[2], section)


def in_sections() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        yield from dict.fromkeys((page, block.section) for block in blocks(page))


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(port=0) as sandbox:
        yield sandbox


@pytest.mark.parametrize(("page", "section"), list(in_sections()))
def test_the_blocks_of_a_section_run_as_they_stand(server: Sandbox, tmp_path: Path, page: str, section: str):
    """curl fails on an error status here, which a reader would see in the answer."""
    (tmp_path / ".curlrc").write_text("fail-with-body\n", encoding="utf-8")
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PKB_SANDBOX_URL": server.base_url}
    for block in blocks(page):
        if block.section == section:
            text = block.text.replace(DOCUMENTED, server.base_url)
            command = (
                ["bash", "-euo", "pipefail", "-c", text] if block.language == "sh" else [sys.executable, "-c", text]
            )
            run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60)
            assert run.returncode == 0, f"{block.text}\n{run.stdout}\n{run.stderr}"
