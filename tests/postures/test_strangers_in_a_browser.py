"""Pages of strangers in Chromium, and a sandbox beside it whose APIs are shared with every page: control is not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.browser.cross_origin import in_a_browser
from tests.contract.nginx import free_ports, needs_nginx, serving_nginx
from tests.support import Client

SCRIPT = Path(__file__).with_name("strangers.mjs")
FRAMES = (
    "/_sandbox/console/start",
    "/_sandbox/console/docs/security",
    "/_sandbox/console/sign-in",
    "/_sandbox/report",
    "/apiAuthorize.action?response_type=code&client_id=stepwise-diary&redirect_uri=http://localhost:8400/done",
    "/otp.action?otpToken=x",
)
READ = "/fhir/Patient/1"
UNSEEN = ("opaque 0", "TypeError", "error", "SecurityError", "none", "true")
"""What a page of another origin learns: nothing. A beacon says only that it was sent."""

pytestmark = [*in_a_browser, needs_nginx]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Client]]:
    """What became of every attempt, and the sandbox afterwards; behind the proxy without any header of its own."""
    elsewhere, proxy = free_ports(2)
    with SandboxServer(port=0, cors_origin=("*",)) as server:
        pkb = Client(server)
        assert pkb.http.post("/_sandbox/workspaces", json={"name": "canary"}).status_code == 201
        pkb.http.get(READ)
        block = f"server {{ listen 127.0.0.1:{proxy}; location / {{ proxy_pass {server.base_url}; }} }}"
        with serving_nginx(block, proxy, tmp_path_factory.mktemp("nginx")):
            command = ["node", str(SCRIPT), *map(str, (server.port, elsewhere, proxy)), json.dumps(FRAMES)]
            ran = subprocess.run(command, capture_output=True, text=True, timeout=240)
        assert ran.returncode == 0, ran.stderr
        yield json.loads(ran.stdout), pkb
        pkb.http.close()


@pytest.mark.parametrize("page", ["another site", "another port"])
def test_a_page_of_another_origin_learns_nothing(tried: tuple[dict[str, Any], Client], page: str):
    outcomes = tried[0][page]
    assert len(outcomes) > 20
    assert {name: outcome for name, outcome in outcomes.items() if outcome not in (*UNSEEN, 401)} == {}


@pytest.mark.parametrize("page", ["a name bound again", "a name of a PKB API", "a name of this machine", "the proxy"])
def test_a_page_under_another_name_of_the_server_is_refused(tried: tuple[dict[str, Any], Client], page: str):
    outcomes = tried[0][page]
    assert len(outcomes) > 8
    assert set(outcomes.values()) == {"basic 401", "opaque 0", "error", 401} & set(outcomes.values())


def test_no_page_of_the_sandbox_is_put_into_a_frame(tried: tuple[dict[str, Any], Client]):
    assert (tried[0]["framed"], tried[0]["framed by itself"]) == ([], [])


def test_afterwards_the_world_is_as_it_was(tried: tuple[dict[str, Any], Client]):
    pkb = tried[1]
    assert [workspace["name"] for workspace in pkb.control("/workspaces")["workspaces"]] == ["default", "canary"]
    assert [exchange["request"]["path"] for exchange in pkb.control("/exchanges?api=facade")["exchanges"]] == [READ]
