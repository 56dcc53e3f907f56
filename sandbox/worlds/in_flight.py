"""Requests of a world in progress: a reset or the end of the world ends them, and a long change pauses them.

A request is in progress from its first byte: one that arrives in part before a reset, and in whole after it, is refused
too.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sandbox.errors import Conflict

T = TypeVar("T")


class WorldChanged(Conflict):
    """The world of a request was reset or deleted before the response."""


def _changed(reason: str) -> WorldChanged:
    return WorldChanged(f"The workspace was {reason} before this request was answered")


class InFlight:
    """The waiting requests of one world, and whether each may write.

    A change that is written in slices runs `alone`: before its end no other request of the world begins or continues,
    so that none reads half of it. Requests to other worlds, and health checks, are answered meanwhile.
    """

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[object], bool] = {}
        self._ended: dict[asyncio.Task[object], str] = {}
        self.before_alone: Callable[[], Awaitable[None]] | None = None
        """With a data file, waits until everything that has changed in the world is on disk."""
        self.is_changing = False
        """Whether a change that is written in slices is half done."""
        self._writer: asyncio.Task[object] | None = None
        self._over: asyncio.Event | None = None
        self._changed_at = -math.inf
        self._reason = ""
        self._is_deleted = False

    def __bool__(self) -> bool:
        return bool(self._tasks)

    @property
    def is_paused(self) -> bool:
        """Return whether the current task must wait for the end of another's change."""
        return self._over is not None and self._writer is not asyncio.current_task()

    async def resumed(self) -> None:
        """Wait until no other task changes the world in slices."""
        while self.is_paused and self._over is not None:
            await self._over.wait()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Change the world in slices, while its other requests wait. Raises NotStored if earlier changes of the world
        cannot be stored.
        """
        await self.resumed()
        self._writer, self._over = asyncio.current_task(), asyncio.Event()
        over = self._over
        try:
            if self.before_alone is not None:
                # Until the end nothing of this world is stored, so nobody must be waiting for that.
                await self.before_alone()
            self.is_changing = True
            yield
        finally:
            self.is_changing = False
            self._writer = self._over = None
            over.set()

    async def finish(self, answer: Awaitable[T], *, writes: bool) -> T:
        """Wait for a response. Raises WorldChanged if `end` comes first: then nothing more of it is written."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        self._tasks[task] = writes
        try:
            return await _Pausing(self, answer)
        except asyncio.CancelledError:
            # Cancelled by the server, for example because it stops: not ours to answer.
            if task not in self._ended:
                raise
            # The task goes on to answer with a refusal; without this its next wait would be cancelled.
            task.uncancel()
            raise _changed(self._ended[task]) from None
        finally:
            self._tasks.pop(task, None)
            self._ended.pop(task, None)

    def leave(self, reason: str, *, is_deleted: bool = False) -> None:
        """End the requests of a state that the world leaves, those that still arrive included; readers only with the
        world itself.
        """
        self._changed_at, self._reason, self._is_deleted = time.perf_counter(), reason, is_deleted
        self.end(reason, readers=is_deleted)

    def check_unchanged(self, since: float, *, writes: bool) -> None:
        """Raise WorldChanged if the world has left the state in which a request began.

        `since` is the time of `time.perf_counter` at which it began; a request that only reads goes on in a new state.
        """
        if self._is_deleted or (writes and since < self._changed_at):
            raise _changed(self._reason)

    def end(self, reason: str, *, readers: bool) -> None:
        """End requests that may write and, on request, those that only read; `reason` says what happened to the
        world.
        """
        for task, writes in list(self._tasks.items()):
            if (writes or readers) and task not in self._ended:
                self._ended[task] = reason
                task.cancel()


class _Pausing(Awaitable[T]):
    """An answer that neither begins nor, after any of its waits, goes on while another task changes the world in
    slices.
    """

    def __init__(self, in_flight: InFlight, answer: Awaitable[T]) -> None:
        self._in_flight, self._answer = in_flight, answer

    def __await__(self) -> Generator[Any, Any, T]:
        steps: Generator[Any, Any, T] = self._answer.__await__()
        error: BaseException | None = None
        if self._in_flight.is_paused:
            yield from self._in_flight.resumed().__await__()
        while True:
            try:
                waited_for = next(steps) if error is None else steps.throw(error)
            except StopIteration as end:
                answer: T = end.value
                return answer
            try:
                yield waited_for
                if self._in_flight.is_paused:
                    yield from self._in_flight.resumed().__await__()
                error = None
            except BaseException as raised:
                error = raised
