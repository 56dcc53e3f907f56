"""Counts the turns of a loop, in which the server would read its sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def counted_turns() -> Iterator[Callable[[], int]]:
    """In the block, the returned function tells the number of the present turn of the running loop."""
    loop, number, is_over = asyncio.get_running_loop(), 0, False

    def count() -> None:
        nonlocal number
        number += 1
        if not is_over:
            loop.call_soon(count)

    count()
    try:
        yield lambda: number
    finally:
        is_over = True
