"""Long work written as plain functions, in turns with the server's loop.

The work has a thread of its own, but never runs at the same time as the loop: the loop waits for each turn, which ends
at the first of the places of `pauses` after a slice's time. So nothing changes under the work but what other requests
change between two turns, as in work that is written in slices.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import copy_context
from threading import Semaphore, Thread
from typing import Generic, TypeVar

from sandbox.base.pauses import pausing
from sandbox.worlds import slices
from sandbox.worlds.loop_turns import loop_turns

T = TypeVar("T")


async def in_turns(work: Callable[[], T]) -> T:
    """Return the result of work, or raise what it raises. An end of the request ends the work at its next place."""
    turns, of_loop = _Turns(work), loop_turns()
    try:
        of_loop.are_over(slices.SLICE)  # a turn of the loop begins with that of the work
        while not turns.next():
            await of_loop.mine(slices.SLICE)
            of_loop.are_over(slices.SLICE)
    except BaseException as error:
        turns.end(error)
        raise
    return turns.result()


class _Turns(Generic[T]):
    """Work in a thread, and whose turn it is."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._turn, self._turn_over = Semaphore(0), Semaphore(0)
        self._began = 0.0
        self._is_over = False
        self._ended: BaseException | None = None
        self._error: BaseException | None = None
        Thread(target=copy_context().run, args=(self._run,), daemon=True).start()

    def next(self) -> bool:
        """Let the work have a turn; return whether it is over."""
        self._began = time.perf_counter()
        self._turn.release()
        self._turn_over.acquire()
        return self._is_over

    def end(self, error: BaseException) -> None:
        """Raise an error in the work, wherever it pauses, until it is over."""
        self._ended = error
        while not self._is_over:
            self.next()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        self._turn.acquire()
        try:
            with pausing(self._pause):
                self._result = self._work()
        except BaseException as error:
            self._error = error
        self._is_over = True
        self._turn_over.release()

    def _pause(self) -> None:
        if time.perf_counter() - self._began > slices.SLICE:
            self._turn_over.release()
            self._turn.acquire()
            if self._ended is not None:
                raise self._ended
