"""A front end that is imported and built for its first request.

A start waits for no API that nobody uses, and its memory holds none: FHIR alone is a third of the code. The first
request to an API waits for it instead, about a tenth of a second at most; others are answered meanwhile, because the
code is imported in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from importlib import import_module

from starlette.types import Receive, Scope, Send

from sandbox.http.front_end import FrontEnd

_imported: set[str] = set()
"""The modules whose import is over. One that is still being imported is in `sys.modules` too, and stops the loop."""


class FirstUse:
    """An ASGI application that builds its front end once, by a function; `modules` are those that it imports.

    `prepare` is what its first request needs besides, and what takes long.
    """

    def __init__(
        self, build: Callable[[], FrontEnd], modules: tuple[str, ...] = (), prepare: Callable[[], object] | None = None
    ) -> None:
        self._build = build
        self._modules = modules
        self._prepare = prepare

    @cached_property
    def front_end(self) -> FrontEnd:
        return self._build()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (
            self.front_end(scope, receive, send) if "front_end" in self.__dict__ else self._first(scope, receive, send)
        )

    async def _first(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._prepare is not None or not _imported.issuperset(self._modules):
            await asyncio.to_thread(self._import)
        await self.front_end(scope, receive, send)

    def _import(self) -> None:
        for module in self._modules:
            import_module(module)
        _imported.update(self._modules)
        if self._prepare is not None:
            self._prepare()
