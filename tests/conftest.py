from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from sandbox.server import SandboxServer
from tests.support import Client

pytest_plugins = ["pytester"]

# The server is reset before each test, not before each example: examples build on what earlier ones left.
# In CI the examples are the same in every run; elsewhere each run looks for new ones.
settings.register_profile(
    "sandbox",
    deadline=None,
    max_examples=60,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("sandbox")


@pytest.fixture(scope="session")
def running() -> Iterator[Client]:
    """One sandbox for the whole run, on a port of its own, with the default world."""
    with SandboxServer(port=0) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def pkb(running: Client) -> Client:
    """The running sandbox, back in its seeded state, with one workspace.

    Tokens that a fault rule has expired are forgotten: they stay so when the rule is gone.
    """
    workspaces = running.server.workspaces
    for id_, (token, *_) in list(running.tokens.items()):
        if workspaces.default.faults.has_expired(token):
            del running.tokens[id_]
    assert running.http.post("/_sandbox/reset").status_code == 200
    for workspace in list(workspaces)[1:]:
        assert running.http.delete(f"/_sandbox/workspaces/{workspace.name}").status_code == 204
    checkpoints = workspaces.default.checkpoints
    for checkpoint in list(checkpoints):
        checkpoints.delete(checkpoint.name)
    return running
