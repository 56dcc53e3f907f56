"""The sandbox in a container, by Testcontainers; `pip install pkb-sandbox[testcontainers]` installs that library."""

from __future__ import annotations

import secrets
from typing import Any

try:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import HttpWaitStrategy

    from sandbox.testing.sandbox import Sandbox
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] not in ("testcontainers", "httpx"):
        raise
    raise ModuleNotFoundError(
        f"sandbox.testing.containers needs {missing.name}: pip install 'pkb-sandbox[testcontainers]'", name=missing.name
    ) from missing

__all__ = ["IMAGE", "PORT", "PkbSandboxContainer"]

IMAGE = "pkb-sandbox"
"""The name that `docker build -t pkb-sandbox .` gives the image: none is published."""
PORT = 8080


class PkbSandboxContainer(DockerContainer):
    """A container that serves a sandbox, ready when it has started.

    `with PkbSandboxContainer() as container, container.sandbox() as pkb:` starts it, and creates a workspace that is
    deleted at the end. Settings are environment variables: `.with_env("PKB_SANDBOX_CLOCK", "2026-05-01T09:00:00Z")`.
    `admin_token` is a random one unless given; further keyword arguments are those of DockerContainer.
    """

    def __init__(self, image: str = IMAGE, *, admin_token: str = "", **options: Any) -> None:
        super().__init__(image, **options)
        self.admin_token = admin_token or secrets.token_urlsafe(24)
        self.with_env("PKB_SANDBOX_ADMIN_TOKEN", self.admin_token)
        self.with_exposed_ports(PORT)
        self.waiting_for(HttpWaitStrategy(PORT, "/_sandbox/health/ready"))

    @property
    def base_url(self) -> str:
        """The address of the sandbox as the tests reach it, without a trailing slash."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def sandbox(self, workspace: str | None = None) -> Sandbox:
        """Return a world of the running container: the named one, or a new one that `close` deletes."""
        return Sandbox.connect(self.base_url, self.admin_token, workspace)
