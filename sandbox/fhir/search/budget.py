"""The steps that the searches of one request may take together, those of all entries of a Bundle included.

A step is one comparison of a value that is searched for with a resource, or one reference that is followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sandbox import facts
from sandbox.errors import Invalid

MOST_STEPS: int = facts.value("search.steps")
_REST: ContextVar[list[int] | None] = ContextVar("rest of the steps", default=None)


@contextmanager
def budget() -> Iterator[None]:
    """Give the searches inside one budget: that of the request, where it has one already."""
    if _REST.get() is not None:
        yield
        return
    before = _REST.set([MOST_STEPS])
    try:
        yield
    finally:
        _REST.reset(before)


def spend(steps: int) -> None:
    """Count steps. Raises Invalid, too-costly, when the budget is used up."""
    rest = _REST.get()
    if rest is None:
        return
    rest[0] -= steps
    if rest[0] < 0:
        text = f"The searches of this request need more than {MOST_STEPS:,} steps; narrow them, or send fewer values"
        raise Invalid(text, code="too-costly", rule="search.steps")
