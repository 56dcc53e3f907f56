"""Functions that are called for events: a new exchange, a new item of the outbox, the end of a world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Remove = Callable[[], None]
"""Removes a listener; a second call does nothing."""


class Listeners(Generic[Item]):
    """The listeners of one kind of event, in no fixed order. Listeners are quick and raise nothing."""

    def __init__(self) -> None:
        self._listeners: dict[object, Callable[[Item], None]] = {}

    def add(self, listener: Callable[[Item], None]) -> Remove:
        """Call `listener` with each item from now on, until the returned function is called."""
        key = object()
        self._listeners[key] = listener

        def remove() -> None:
            self._listeners.pop(key, None)

        return remove

    def call(self, item: Item) -> None:
        """Call every listener, even if one of them is removed meanwhile."""
        if self._listeners:
            for listener in tuple(self._listeners.values()):
                listener(item)

    def __len__(self) -> int:
        return len(self._listeners)
