"""The version has one place, and the release workflow publishes nothing that does not agree with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sandbox import __version__

ROOT = Path(__file__).parents[1]
FILE = ROOT / ".github/workflows/release.yml"
JOBS: dict[str, Any] = YAML(typ="safe").load(FILE)["jobs"]
needs_bash = pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")


def test_the_workflow_meets_the_schema_of_github():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(FILE)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("schema", "form"),
    [("github-issue-forms", "difference"), ("github-issue-forms", "defect"), ("github-issue-config", "config")],
)
def test_the_forms_for_reports_meet_the_schema_of_github(schema: str, form: str):
    file = ROOT / f".github/ISSUE_TEMPLATE/{form}.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_version_is_written_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "sandbox/__init__.py"
    for file in ("Dockerfile", "pyproject.toml", ".github/workflows/release.yml"):
        assert f'"{__version__}"' not in (ROOT / file).read_text(encoding="utf-8")
    assert re.search(r'image\.version="\$\{VERSION\}"', (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_the_change_log_begins_with_the_version():
    headings = re.findall(r"^## \[(\S+)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    version, date = headings[0]
    assert version == __version__
    assert re.fullmatch(r"unreleased|\d{4}-\d{2}-\d{2}", date)
    assert all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", earlier) for _, earlier in headings[1:])


def test_nothing_is_published_before_the_gate_has_passed():
    for name in ("pypi", "image"):
        assert JOBS[name]["needs"] == ["gate", "distributions"]
    assert JOBS["release"]["needs"] == ["pypi", "image"]
    assert [step["run"] for step in JOBS["gate"]["steps"] if "run" in step] == [".ci/run"]


def test_every_action_is_pinned_by_its_commit():
    """A tag can be moved to other code; the tag beside the commit is for readers."""
    actions = re.findall(r"uses: (.+)$", FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(actions) > 10
    assert [action for action in actions if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", action)] == []


def test_the_upload_to_pypi_has_an_identity_and_no_password():
    assert JOBS["pypi"]["permissions"] == {"id-token": "write"}
    assert JOBS["pypi"]["environment"] == "pypi"
    assert "secrets." not in FILE.read_text(encoding="utf-8")


def test_the_image_gets_the_version_for_two_architectures():
    (push,) = [step["with"] for step in JOBS["image"]["steps"] if step.get("id") == "push"]
    assert push["platforms"] == "linux/amd64,linux/arm64"
    assert {row.partition("=")[0] for row in push["build-args"].split()} >= {"VERSION", "SOURCE"}
    arguments = re.findall(r"^ARG (\w+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(arguments) == {"BASE", "VERSION", "SOURCE"}


@needs_bash
@pytest.mark.parametrize(
    ("tag", "heading", "succeeds"),
    [
        (f"v{__version__}", f"## [{__version__}] - 2026-01-31", True),
        (f"v{__version__}", f"## [{__version__}] - unreleased", False),
        (f"v{__version__}", "## [0.0.9] - 2026-01-31", False),
        ("v9.9.9", f"## [{__version__}] - 2026-01-31", False),
    ],
)
def test_a_tag_is_refused_unless_code_and_change_log_agree(tmp_path: Path, tag: str, heading: str, succeeds: bool):
    """The step of the workflow, run as GitHub runs it."""
    (step,) = [step["run"] for step in JOBS["distributions"]["steps"] if step.get("id") == "version"]
    (tmp_path / "CHANGELOG.md").write_text(f"# Change log\n\n{heading}\n", encoding="utf-8")
    (tmp_path / "sandbox").mkdir()
    shutil.copy(ROOT / "sandbox/__init__.py", tmp_path / "sandbox")
    bin_folder = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    output = tmp_path / "output"
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
        cwd=tmp_path,
        env=os.environ | {"GITHUB_REF_NAME": tag, "GITHUB_OUTPUT": str(output), "PATH": bin_folder},
        capture_output=True,
    )
    assert (ended.returncode == 0, output.exists()) == (succeeds, succeeds)
    assert not succeeds or output.read_text() == f"version={__version__}\n"
