"""The next message of a request: taken at once if it has arrived already, else awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any

from starlette.types import Message


class Arrival:
    """The next message of a request. `has_come` tells whether it came without waiting; else it is awaited, once."""

    def __init__(self, receiving: Awaitable[Message]) -> None:
        self._steps = receiving.__await__()
        self._waits_for: Any = None
        self.message: Message = {}
        self.has_come = False
        try:
            # A coroutine that need not wait ends in its first step, without a turn of the event loop.
            self._waits_for = next(self._steps)
        except StopIteration as end:
            self.message, self.has_come = end.value, True

    def __await__(self) -> Generator[Any, Any, Message]:
        steps, waits_for = self._steps, self._waits_for
        try:
            while True:
                try:
                    value = yield waits_for
                # Cancellations and time-outs too: asyncio throws them in here, and the receiving coroutine must notice.
                except BaseException as error:
                    waits_for = steps.throw(error)
                else:
                    waits_for = steps.send(value)
        except StopIteration as end:
            message: Message = end.value
            return message
