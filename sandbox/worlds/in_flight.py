"""Requests of a world in progress, which a reset or the end of the world ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from sandbox.errors import Conflict

T = TypeVar("T")


class WorldChanged(Conflict):
    """The world of a request was reset or deleted before the response."""


class InFlight:
    """The waiting requests of one world, and whether each may write."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[object], bool] = {}
        self._ended: dict[asyncio.Task[object], str] = {}

    def __bool__(self) -> bool:
        return bool(self._tasks)

    async def finish(self, answer: Awaitable[T], *, writes: bool) -> T:
        """Wait for a response. Raises WorldChanged if `end` comes first: then nothing more of it is written."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        self._tasks[task] = writes
        try:
            return await answer
        except asyncio.CancelledError:
            # Cancelled by the server, for example because it stops: not ours to answer.
            if task not in self._ended:
                raise
            # The task goes on to answer with a refusal; without this its next wait would be cancelled.
            task.uncancel()
            raise WorldChanged(f"The workspace was {self._ended[task]} before this request was answered") from None
        finally:
            self._tasks.pop(task, None)
            self._ended.pop(task, None)

    def end(self, reason: str, *, readers: bool) -> None:
        """End requests that may write and, on request, those that only read; `reason` says what happened to the
        world.
        """
        for task, writes in list(self._tasks.items()):
            if (writes or readers) and task not in self._ended:
                self._ended[task] = reason
                task.cancel()
