"""The tests of this folder ask servers on either parser and event loop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import SandboxServer
from tests.support import STACKS, Client


@pytest.fixture(scope="session", params=STACKS)
def running(request: pytest.FixtureRequest) -> Iterator[Client]:
    """One sandbox of each kind for the whole run."""
    with SandboxServer(port=0, **STACKS[request.param]) as server:
        client = Client(server)
        yield client
        client.http.close()
