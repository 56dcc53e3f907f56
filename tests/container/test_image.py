"""What the image is: its labels, its user, its bill of materials, and nothing that it does not need."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import __version__
from tests.container import engine
from tests.container.engine import Container

pytestmark = engine.needs_image
ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    running = engine.start(tmp_path_factory.mktemp("image"))
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.remove()


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    command = [*engine.ENGINE, "image", "inspect", engine.IMAGE]
    (image,) = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    settings: dict[str, Any] = image["Config"]
    return settings


@pytest.fixture(scope="module")
def bill(container: Container) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(container.execute("cat", "/usr/share/sbom/pkb-sandbox.cdx.json").stdout)
    return content


def test_the_labels_name_the_product_its_version_and_its_licence(config: dict[str, Any]):
    labels = {name.rpartition(".")[2]: text for name, text in config["Labels"].items() if "opencontainers" in name}
    assert labels["title"] == "PKB Sandbox"
    assert (labels["version"], labels["licenses"]) == (__version__, PROJECT["license"])
    assert set(labels) == {"title", "description", "licenses", "version", "source"}


def test_the_user_is_a_number_and_not_root(config: dict[str, Any]):
    """Kubernetes accepts only a number where a pod must not run as root."""
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", config["User"])


def test_the_health_check_is_declared(config: dict[str, Any]):
    assert config["Healthcheck"]["Test"] == ["CMD", "python", "-m", "sandbox.health_check"]


def test_no_secret_of_the_build_is_in_the_image(container: Container, config: dict[str, Any]):
    assert container.execute("find", "/run/secrets", "/build", "/wheel", "/stage", "/opt/tools").stdout == ""
    assert [row for row in config["Env"] if row.startswith("PIP_")] == []


def test_the_bill_of_materials_lists_what_is_installed(container: Container, bill: dict[str, Any]):
    script = "from importlib import metadata as m; print(*{(d.name, d.version) for d in m.distributions()}, sep='\\n')"
    installed = {eval(line) for line in container.execute("python", "-c", script).stdout.splitlines()}
    assert {(row["name"], row["version"]) for row in bill["components"]} == installed
    assert ("pkb-sandbox", __version__) in installed
    assert (bill["bomFormat"], "timestamp" in bill["metadata"]) == ("CycloneDX", False)


def test_the_bill_of_materials_has_every_dependency_by_its_package_url(bill: dict[str, Any]):
    listed = {
        re.sub(r"[-_.]+", "-", row["purl"].removeprefix("pkg:pypi/").partition("@")[0]) for row in bill["components"]
    }
    required = {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=]", row)[0].lower()) for row in PROJECT["dependencies"]}
    assert required <= listed


def test_the_environment_has_no_installer(container: Container):
    assert "No module named pip" in container.execute("python", "-m", "pip", "--version").stderr


def test_nothing_is_compiled_at_a_start(container: Container):
    """Every module that a start loads has its bytecode in the image: a read-only container could not keep it."""
    script = (
        "import sys, os, sandbox.cli.serve, sandbox.server, sandbox.cli.banner\n"
        "sandbox.server.SandboxServer(port=0).start().stop()\n"
        "specs = [module.__spec__ for module in list(sys.modules.values()) if getattr(module, '__spec__', None)]\n"
        "print(*[spec.origin for spec in specs if spec.cached and not os.path.exists(spec.cached)])"
    )
    assert container.execute("python", "-c", script).stdout.split() == []
