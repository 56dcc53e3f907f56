"""An application whose requests may be cut off when the server stops: in one line of the log, without tracebacks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.http.connection import abort

log = logging.getLogger("sandbox.server")
UVICORN = logging.getLogger("uvicorn.error")


class Stoppable:
    """Wraps an application."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._is_stopping = False
        self._cut_off = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
            self._cut_off += 1
            abort(scope)

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Count the requests that are cut off inside, and state their number at the end."""
        self._is_stopping = True
        UVICORN.addFilter(_is_no_error)
        try:
            yield
        finally:
            UVICORN.removeFilter(_is_no_error)
            if self._cut_off:
                log.warning("Stopped; unfinished requests that were cut off: %s", self._cut_off)


def _is_no_error(record: logging.LogRecord) -> bool:
    """Whether uvicorn may log a line while a server stops: it logs a trace of each request that it cuts off."""
    return record.levelno < logging.ERROR
