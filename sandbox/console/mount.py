"""The ASGI application of the console: its pages are imported with the first request, so that a start costs nothing."""

from __future__ import annotations

import asyncio
from functools import cached_property
from importlib import import_module

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.worlds.workspaces import Workspaces

PREFIX = "/_sandbox/console"


class Console:
    """The console of a server. `app` is the application with all APIs, which pages call in this process."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self.app: ASGIApp | None = None

    @cached_property
    def _front_end(self) -> ASGIApp:
        from sandbox.console.endpoint import front_end

        return front_end(self._workspaces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "_front_end" not in self.__dict__:
            # In a thread, so that others are answered meanwhile.
            await asyncio.to_thread(_load)
        await self._front_end({**scope, "pkb_sandbox.app": self.app}, receive, send)


def _load() -> None:
    """Import the pages, and the libraries that render them."""
    import_module("sandbox.console.endpoint")
    import_module("sandbox.console.rendering").environment()
