"""The common part of the synchronous and the asynchronous object: backend, name of the world, and life cycle."""

from __future__ import annotations

import itertools
from dataclasses import fields
from typing import Any

from sandbox.settings import Settings
from sandbox.testing.backends import Backend, InProcess, Remote, Threaded
from sandbox.testing.steps import Control

MODES = ("thread", "asgi")
FHIR_PATHS = {"facade": "/fhir", "messaging": "/phr-fhir", "aggregated": "/aggregated/fhir"}
NOT_STARTED = "The sandbox is not running: use it in `with`, or call start() first"
_NUMBERS = itertools.count(1)


def backend(mode: str, settings: dict[str, Any]) -> Backend:
    """A backend for a sandbox of one's own. Raises ValueError for an unknown mode, TypeError for an unknown setting."""
    if mode not in MODES:
        raise ValueError(
            f"mode must be one of: {', '.join(MODES)}; not {mode!r}. For a running server use connect(url)"
        )
    unknown = sorted(set(settings) - {setting.name for setting in fields(Settings)})
    if unknown:
        raise TypeError(f"Unknown setting {unknown[0]!r}; docs/settings.md lists all of them")
    chosen = Settings(**{"port": 0, **settings})
    return Threaded(chosen) if mode == "thread" else InProcess(chosen)


def remote(url: str, admin_token: str | None) -> Backend:
    """A backend for a server that runs already. Raises ValueError for an address that is not an http URL."""
    return Remote(url, admin_token or "")


def new_name(prefix: str) -> str:
    """A name that no other call in this process gives, and none in another process is likely to."""
    import secrets

    return f"{prefix}-{next(_NUMBERS)}-{secrets.token_hex(3)}"


class SandboxWorld:
    """One world of a sandbox: its backend, and the control API that acts on it."""

    def __init__(self, backend: Backend, workspace: str = "", *, is_own: bool = False, is_child: bool = False) -> None:
        self._backend = backend
        self._control = Control(workspace, backend.admin_token)
        self._deletes_workspace = is_own
        self._stops_backend = not is_child
        self._is_open = False

    @property
    def base_url(self) -> str:
        """The base URL of every API, without a trailing slash."""
        return self._backend.base_url

    @property
    def workspace_name(self) -> str:
        """The name of the world; `default` for the one that the server was started with."""
        return self._control.workspace or "default"

    @property
    def scenario(self) -> str:
        """The scenario that each request of the library names; empty for none."""
        return self._control.scenario

    @scenario.setter
    def scenario(self, name: str) -> None:
        # The name is sent as a header, which has only ASCII; the server keeps 200 characters.
        self._control.scenario = "".join(letter if " " <= letter <= "~" else "?" for letter in name)[:200]

    def fhir_url(self, endpoint: str) -> str:
        """The base URL of a FHIR endpoint: `facade`, `messaging`, `aggregated`, or the name of a Customer endpoint."""
        return self.base_url + FHIR_PATHS.get(endpoint, f"/customer/{endpoint}/fhir")

    def __repr__(self) -> str:
        state = self.base_url if self._is_open else "not started"
        return f"<{type(self).__name__} {self._backend.mode} {state} world={self.workspace_name}>"
