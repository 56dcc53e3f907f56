"""Intentional delays, which end when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from sandbox.worlds.workspace import Workspace

PIECES = 20
"""Pieces of a slow body per second."""


class Patience:
    """A context in which an answer of a world waits; other requests go on meanwhile."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def __enter__(self) -> Self:
        self._ended = asyncio.get_running_loop().create_future()
        self._remove = self._workspace.ending.add(lambda _: self._end())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()
        self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Wait for some seconds."""
        if seconds > 0 and not self._ended.done():
            # Not `wait_for`, which would cancel the future that ends later waits.
            await asyncio.wait({self._ended}, timeout=seconds)

    async def pieces(self, body: bytes, rate: int) -> AsyncIterator[bytes]:
        """Iterate over a body in pieces, at a number of bytes per second."""
        size = max(1, rate // PIECES)
        for start in range(0, len(body), size):
            if start:
                await self.wait(size / rate)
            yield body[start : start + size]
