"""Every code block of the documentation runs against a running sandbox, or `blocks.toml` states who runs it, or why it
cannot run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.docs.code_blocks import PAGES, ROOT, RUNS, SHOWN, BlockRow, CodeBlock, blocks_of, row_of, rows, runs, script
from tests.support import Client

BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PAGES_THAT_RUN = sorted({block.page for block in BLOCKS if runs(block)})


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
@pytest.mark.parametrize("page", PAGES_THAT_RUN)
def test_the_blocks_of_a_page_work_in_their_order(pkb: Client, tmp_path: Path, page: str):
    for name in ("examples", "fixtures"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(sysconfig.get_path("scripts"))
    environment = os.environ | {
        "PKB_SANDBOX_URL": pkb.server.base_url,
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
    }
    code = script([block for block in blocks_of(page) if runs(block)], pkb.server.base_url)
    ended = subprocess.run(
        ["bash", "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, f"{ended.stderr}\n{ended.stdout[-2000:]}"


def test_every_block_runs_or_says_why_not():
    unmarked = [
        f"{block.page} block {block.number} ({block.language or 'no language'}): {block.code[:60]!r}"
        for block in BLOCKS
        if not (runs(block) or block.language in SHOWN or row_of(block).not_run or row_of(block).run_by)
    ]
    assert unmarked == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.page} {row.begins[:20]}")
def test_a_row_is_about_as_many_blocks_as_it_says(row: BlockRow):
    numbers = [block.number for block in BLOCKS if row_of(block) is row and block.language not in SHOWN]
    assert len(numbers) == row.blocks or (row.blocks == 0 and numbers), numbers


def test_a_command_that_fails_is_named_by_its_block():
    block = CodeBlock(page="docs/none.md", number=7, language="sh", code="true\nfalse\ntrue\n")
    ended = subprocess.run(["bash", "-c", script([block], "")], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (1, "block 7 failed\n")


@pytest.mark.parametrize("row", [row for row in rows() if row.run_by], ids=lambda row: f"{row.page} {row.begins[:20]}")
def test_the_test_that_runs_a_block_is_there(row: BlockRow):
    assert (ROOT / row.run_by).exists()


def test_a_block_that_shows_an_answer_is_no_command():
    starts = ("pkb-sandbox ", "curl ", "python", "pip ", "docker ", "GET ", "POST ")
    assert [block for block in BLOCKS if block.language in SHOWN and block.code.startswith(starts)] == []


def test_the_languages_are_known():
    languages = {*RUNS, *SHOWN, "yaml", "nginx", "java", "xml", "hl7"}
    assert {block.language for block in BLOCKS} <= languages
