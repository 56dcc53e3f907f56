"""An application that answers at once, and is replaced by another one that takes long to build."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""


class Deferred:
    """Answers with `app` until `complete` has built its successor."""

    def __init__(self, app: Application, build: Callable[[], Application]) -> None:
        self._app = app
        self._build = build

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    async def complete(self) -> None:
        """Build the successor in a thread, while requests are answered. Raises what the building raises."""
        loop = asyncio.get_running_loop()
        built: asyncio.Future[Application] = loop.create_future()

        def build() -> None:
            try:
                app = self._build()
            except BaseException as error:  # raised in the loop
                tell = partial(_fail, built, error)
            else:
                tell = partial(_succeed, built, app)
            with suppress(RuntimeError):  # the server was stopped meanwhile, and its loop with it
                loop.call_soon_threadsafe(tell)

        # A daemon: a server that is stopped does not wait for its world.
        threading.Thread(target=build, daemon=True, name="pkb-sandbox-world").start()
        self._app = await built


def _succeed(built: asyncio.Future[Application], app: Application) -> None:
    if not built.cancelled():
        built.set_result(app)


def _fail(built: asyncio.Future[Application], error: BaseException) -> None:
    if not built.cancelled():
        built.set_exception(error)
