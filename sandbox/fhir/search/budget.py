"""The steps that the searches of one request may take together, those of all entries of a Bundle included.

A step is one comparison of a value that is searched for with a resource, or one reference that is followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from sandbox.errors import Invalid

T = TypeVar("T")


class Budget:
    """The steps that are left of `most`."""

    __slots__ = ("most", "rest")

    def __init__(self, most: int) -> None:
        self.most = self.rest = most


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


def counted(rows: Iterable[T]) -> Iterator[T]:
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
    if left.rest < 0:
        text = f"The searches of this request need more than {left.most:,} steps; narrow them, or send fewer values"
        raise Invalid(text, code="too-costly", rule="search.steps")
