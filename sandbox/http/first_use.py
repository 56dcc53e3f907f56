"""A front end that is imported and built for its first request.

A start waits for no API that nobody uses, and its memory holds none: FHIR alone is a third of the code. The first
request to an API waits for it instead, about a tenth of a second at most.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property

from starlette.types import Receive, Scope, Send

from sandbox.http.front_end import FrontEnd


class FirstUse:
    """An ASGI application that builds its front end once, by a function that imports it."""

    def __init__(self, build: Callable[[], FrontEnd]) -> None:
        self._build = build

    @cached_property
    def front_end(self) -> FrontEnd:
        return self._build()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.front_end(scope, receive, send)
