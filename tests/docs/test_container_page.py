"""docs/container.md: its commands, settings and examples are those of the image and of its tests."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

from sandbox.settings import SETTINGS
from tests.container.engine import LOCKED
from tests.support import Client

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/container.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE, KUBERNETES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def parsed(text: str) -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(text)
    return content


def test_the_command_locks_the_container_as_the_tests_do():
    (command,) = re.findall(r"^docker run ([^`]*?)pkb-sandbox$", PAGE, re.MULTILINE)
    flags = command.replace("\\\n", " ").split()
    locks = [flag for flag in LOCKED if flag not in ("--network", "host")]
    assert set(locks) <= set(flags)


def test_the_variables_are_settings():
    names = {f"PKB_SANDBOX_{setting.name.upper()}" for setting in SETTINGS}
    assert set(re.findall(r"PKB_SANDBOX_[A-Z_]+", PAGE)) <= names


def test_the_build_arguments_are_those_of_the_dockerfile():
    rows = re.findall(r"^\| `([A-Z]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert rows == re.findall(r"^ARG (\w+)=(\S+)$", DOCKERFILE, re.MULTILINE)


def test_the_example_of_compose_meets_its_schema(tmp_path: Path):
    file = tmp_path / "compose.yml"
    file.write_text(COMPOSE, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    service = parsed(COMPOSE)["services"]["pkb-sandbox"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_the_probes_of_kubernetes_are_paths_of_the_sandbox(pkb: Client):
    container = parsed(KUBERNETES)
    for probe in ("livenessProbe", "readinessProbe"):
        action = container[probe]["httpGet"]
        assert httpx.get(f"{pkb.server.base_url}{action['path']}").status_code == 200
        assert f"EXPOSE {action['port']}" in DOCKERFILE


def test_the_folders_are_those_of_the_image():
    for folder in re.findall(r"`(/(?:opt|var|usr)/[^`]+)`", PAGE):
        assert folder.removesuffix("/") in DOCKERFILE
