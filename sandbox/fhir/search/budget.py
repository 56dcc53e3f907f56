"""The steps that the searches of one request may take together, and the text that they may return, those of all entries
of a Bundle included.

A step is one comparison of a value that is searched for with a resource, or one reference that is followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from sandbox import facts
from sandbox.errors import Invalid

T = TypeVar("T")
MOST_TEXT: int = facts.value("search.answer-size")
"""Characters that the searches of one request return."""


class Budget:
    """The steps that are left of `most`, and the characters that may still be returned."""

    __slots__ = ("characters", "most", "rest")

    def __init__(self, most: int) -> None:
        self.most = self.rest = most
        self.characters = MOST_TEXT


_BUDGET: ContextVar[Budget | None] = ContextVar("budget of the searches", default=None)


@contextmanager
def budget(most: int) -> Iterator[None]:
    """Give the searches inside one budget: that of the request, where it has one already."""
    if _BUDGET.get() is not None:
        yield
        return
    before = _BUDGET.set(Budget(most))
    try:
        yield
    finally:
        _BUDGET.reset(before)


def spend_per_row(rows: Iterable[T]) -> Iterator[T]:
    """Iterate over rows that a search compares, each a step. Raises as `spend`."""
    for row in rows:
        spend(1)
        yield row


def spend(steps: int) -> None:
    """Count steps. Raises Invalid, too-costly, when the budget is used up."""
    left = _BUDGET.get()
    if left is None:
        return
    left.rest -= steps
    # A batch continues after a refused entry, and its next search must not start.
    if left.characters < 0:
        raise _too_much_text()
    if left.rest < 0:
        text = f"The searches of this request need more than {left.most:,} steps; narrow them, or send fewer values"
        raise Invalid(text, code="too-costly", rule="search.steps")


def spend_text(characters: int) -> None:
    """Count characters of an answer. Raises Invalid, too-costly, beyond the limit, and for later searches too."""
    left = _BUDGET.get()
    if left is None:
        return
    left.characters -= characters
    if left.characters < 0:
        raise _too_much_text()


def _too_much_text() -> Invalid:
    text = f"The searches of this request return more than {MOST_TEXT:,} characters; ask for smaller pages (_count)"
    return Invalid(text, code="too-costly", rule="search.answer-size")
