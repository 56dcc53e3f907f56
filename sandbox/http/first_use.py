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
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from sandbox.http.front_end import FrontEnd

_imported: set[str] = set()
"""The modules whose import is over. One that is still being imported is in `sys.modules` too, and stops the loop."""


class Preparation(NamedTuple):
    """What some requests need besides the code, and what takes long; `is_needed` decides by method and path."""

    run: Callable[[], object]
    is_needed: Callable[[str, str], bool]


class FirstUse:
    """An ASGI application that builds its front end once, by a function; `modules` are those that it imports."""

    def __init__(
        self, build: Callable[[], FrontEnd], modules: tuple[str, ...] = (), preparation: Preparation | None = None
    ) -> None:
        self._build = build
        self._modules = modules
        self._preparation = preparation
        self._is_ready = False

    @cached_property
    def front_end(self) -> FrontEnd:
        return self._build()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.front_end(scope, receive, send) if self._is_ready else self._first(scope, receive, send)

    async def _first(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _imported.issuperset(self._modules):
            await asyncio.to_thread(self._import)
        if self._preparation is None:
            self._is_ready = True
        elif self._preparation.is_needed(scope["method"], scope["path"]):
            await asyncio.to_thread(self._preparation.run)
            self._is_ready = True
        await self.front_end(scope, receive, send)

    def _import(self) -> None:
        for module in self._modules:
            import_module(module)
        _imported.update(self._modules)
