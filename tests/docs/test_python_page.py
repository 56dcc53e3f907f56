"""The Python blocks of docs/python.md, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.testing.engine import running_engine

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(encoding="utf-8"), re.DOTALL)
TESTS = [block for block in BLOCKS if "def test_" in block]
CONTAINERS = [block for block in BLOCKS if "PkbSandboxContainer" in block]
SCRIPTS = [block for block in BLOCKS if "def test_" not in block and block not in CONTAINERS]


def test_the_tests_of_the_page_pass(pytester: pytest.Pytester):
    pytester.makefile(".hl7", adt_a28=(ROOT / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8"))
    pytester.makepyfile("\n\n".join(TESTS))
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider", "--pkb-mode", "asgi", timeout=240)
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_of_the_page_runs(pytester: pytest.Pytester, script: str):
    result = pytester.runpython(pytester.makepyfile(script))
    assert result.ret == 0
    result.stdout.fnmatch_lines(["503", "*added*"])


def test_the_script_with_a_container_runs(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (script,) = CONTAINERS
    monkeypatch.setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
    monkeypatch.setenv("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    with running_engine(tmp_path) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
        result = pytester.runpython(pytester.makepyfile(script))
    assert result.ret == 0
    result.stdout.fnmatch_lines(["http://127.0.0.1:* letterbox-facade-*"])
