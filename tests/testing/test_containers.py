"""The Testcontainers module, with a stand-in for the container engine that runs `pkb-sandbox serve`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from testcontainers.core.config import ConnectionMode, testcontainers_config

from sandbox.testing.containers import IMAGE, PkbSandboxContainer
from tests.testing.engine import Engine, running_engine


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)
    monkeypatch.setattr(testcontainers_config, "connection_mode_override", ConnectionMode.docker_host)
    with running_engine(tmp_path) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
        yield engine


def test_a_container_gives_a_sandbox_with_a_workspace_of_its_own(engine: Engine):
    with PkbSandboxContainer() as container:
        with container.sandbox() as pkb:
            assert pkb.base_url == container.base_url == engine.address
            with pkb.client("system-client") as partner:
                query = {"identifier": "https://fhir.nhs.uk/Id/nhs-number|9991001379"}
                assert partner.get("/fhir/Patient", params=query).json()["total"] == 1
        headers = {"Authorization": f"Bearer {container.admin_token}"}
        rows = httpx.get(f"{container.base_url}/_sandbox/workspaces", headers=headers).json()["workspaces"]
        assert [row["name"] for row in rows] == ["default"]
    assert engine.process is None


def test_the_container_asks_for_its_admin_token(engine: Engine):
    with PkbSandboxContainer() as container:
        response = httpx.get(f"{container.base_url}/_sandbox/credentials")
    assert response.status_code == 401


def test_image_token_and_settings_can_be_chosen(engine: Engine):
    container = PkbSandboxContainer("registry.example/pkb-sandbox:2", admin_token="chosen")
    with container.with_env("PKB_SANDBOX_CLOCK", "2026-05-01T09:00:00Z"):
        response = httpx.get(f"{container.base_url}/_sandbox/clock", headers={"Authorization": "Bearer chosen"})
    assert response.json()["mode"] == "frozen"
    assert engine.created["Image"] == "registry.example/pkb-sandbox:2"
    assert "PKB_SANDBOX_ADMIN_TOKEN=chosen" in engine.created["Env"]


def test_the_image_is_the_one_that_the_quickstart_builds():
    page = (Path(__file__).parents[2] / "docs/quickstart.md").read_text(encoding="utf-8")
    assert f"docker build -t {IMAGE} ." in page


def test_a_missing_testcontainers_names_the_extra():
    code = "import sys; sys.modules['testcontainers'] = None; import sandbox.testing.containers"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install 'pkb-sandbox[testcontainers]'" in ran.stderr
