"""`docs/build.py`: mistakes in pages fail the build of the documentation site, each with a line that names it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("PKB_SANDBOX_TEST_DOCS")
ROOT = Path(__file__).parents[2]
PAGES = {
    "index": "# Pages\n\n[Good](good.md#a-heading)",
    "good": "# Good\n\n## A heading\n\n[Code](../sandbox/app.py), [the index](index.md), `code`",
    "broken": "# Broken\n\n[File](none.md), [anchor](good.md#none), ![picture](https://example.org/x.png)\n\n"
    '<p style="color: red"><a href="none.html">x</a></p>',
}

pytestmark = [
    pytest.mark.own_environment("docs"),
    pytest.mark.skipif(not PYTHON, reason="the extra `docs` is not at hand: PKB_SANDBOX_TEST_DOCS names no Python"),
]


def test_every_mistake_is_named_and_no_site_is_written(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    for name, text in PAGES.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    (source / "navigation.toml").write_text('[[section]]\ntitle = "Start"\npages = ["*"]\n', encoding="utf-8")
    command = [str(PYTHON), "docs/build.py", str(tmp_path / "site"), "--source", str(source)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    for mistake in (
        "cross-reference target not found: 'none.md'",
        "local id not found in doc 'good': 'none'",
        "broken.html: loads https://example.org/x.png from elsewhere",
        "broken.html: the link none.html leads nowhere",
        "broken.html: p style needs an exception from the content security policy",
    ):
        assert mistake in ended.stderr
    assert "\ngood.html: " not in ended.stderr
    assert not (tmp_path / "site").exists()
