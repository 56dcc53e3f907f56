"""docs/ci: each file is what its tool takes, and what the page shows works at a running sandbox."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from sandbox.settings import SETTINGS
from sandbox.tls import host_names

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/ci"
PAGE = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
SCHEMAS = {
    "github-actions.yml": "vendor.github-workflows",
    "gitlab-ci.yml": "vendor.gitlab-ci",
    "azure-pipelines.yml": "vendor.azure-pipelines",
    "compose.yml": "vendor.compose-spec",
}


def checked(file: Path, schema: str) -> subprocess.CompletedProcess[str]:
    transform = ["--data-transform", schema.removeprefix("vendor.")] if "azure" in schema or "gitlab" in schema else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "--regex-variant", "python"]
    command += [*transform, str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_a_file_meets_the_schema_of_its_tool(name: str, schema: str):
    result = checked(FOLDER / name, schema)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("name", "schema"), SCHEMAS.items())
def test_the_schema_would_notice_a_mistake(tmp_path: Path, name: str, schema: str):
    broken = tmp_path / name
    text = (FOLDER / name).read_text(encoding="utf-8")
    broken.write_text(re.sub(r"^(\s*)(image|build|vmImage|script): ?(.*)$", r"\1\2: {wrong: [1]}", text, flags=re.M))
    result = checked(broken, schema)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)


def test_every_pipeline_is_linked():
    assert set(re.findall(r"\]\(ci/([^)]+)\)", PAGE)) == {file.name for file in FOLDER.iterdir()}


@pytest.mark.parametrize("file", [*FOLDER.iterdir(), ROOT / "Dockerfile"], ids=lambda file: file.name)
def test_the_variables_are_settings(file: Path):
    settings = {f"PKB_SANDBOX_{setting.name.upper()}" for setting in SETTINGS} | {
        "PKB_SANDBOX_URL",
        "PKB_SANDBOX_IMAGE",
    }
    assert set(re.findall(r"PKB_SANDBOX_[A-Z_]+", file.read_text(encoding="utf-8"))) <= settings


def test_the_aliases_are_names_in_the_certificate():
    aliases = re.findall(r"- (\S+\.patientsknowbest\.com)", (FOLDER / "compose.yml").read_text(encoding="utf-8"))
    assert len(aliases) == 5
    assert {re.sub(r"^[^.]+(\.fhir-api)", r"*\1", alias) for alias in aliases} <= set(host_names.pkb_host_names())


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_blocks_of_the_page_work(tmp_path: Path):
    start, control = (block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "docker" not in block)
    script = f"set -euo pipefail\ntrap 'kill %1' EXIT\n{start}\n{control.replace('curl', 'curl --fail-with-body')}"
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PATH": path},
    )
    assert ended.returncode == 0, ended.stderr
    assert '"credentials"' in ended.stdout
