"""Places in long work at which others may run: they do nothing unless the work is done in turns with them.

Rooms that know no server, such as the record, name these places; who does the work decides whether it pauses there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import local
from typing import TypeVar

T = TypeVar("T")


class _OfThread(local):
    """What to do at such a place, by thread."""

    pause: Callable[[], None] | None = None


_of_thread = _OfThread()


def pause_here() -> None:
    """Let others run, if the work of this thread is done in turns with them."""
    if _of_thread.pause is not None:
        _of_thread.pause()


def with_pauses(items: Iterable[T]) -> Iterable[T]:
    """Return items to iterate over, with a pause behind each if the work of this thread is done in turns."""
    return items if _of_thread.pause is None else _paused(items)


def _paused(items: Iterable[T]) -> Iterator[T]:
    for item in items:
        yield item
        pause_here()


@contextmanager
def pausing(pause: Callable[[], None]) -> Iterator[None]:
    """Do something at each such place in this thread."""
    _of_thread.pause = pause
    try:
        yield
    finally:
        _of_thread.pause = None
