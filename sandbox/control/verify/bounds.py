"""Limit the processor time of the paths and patterns of one call: an endless pattern is an error, not a hang."""

from __future__ import annotations

import time
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sandbox.errors import Invalid

SECONDS = 10.0
"""Processor time that the paths and patterns of one call may take."""
LONGEST_PATTERN = 1000
"""Characters of a pattern."""


class Bounds:
    """The budget of one call, all of whose paths and patterns are tried in one thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._left = seconds
        self._end: float | None = None

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Charge the work inside to the budget. Raises Invalid from `check` once nothing is left."""
        if self._end is not None:
            yield
            return
        # The time of this thread, not the clock's: a busy machine must not make a good pattern fail.
        self._end = time.thread_time() + self._left
        try:
            yield
        finally:
            self._left = self._end - time.thread_time()
            self._end = None

    def check_budget(self) -> None:
        """Compare the work so far with the budget. Raises Invalid when it is used up."""
        if self._end is not None and time.thread_time() > self._end:
            raise Invalid("The JSON paths take too long; make them simpler, or add filters to the expectation")

    def matches(self, pattern: Pattern, text: str, *, whole: bool = False) -> bool:
        """Try a pattern anywhere in a text, or on the whole of it. Raises Invalid when it takes too long."""
        search = pattern.compiled.fullmatch if whole else pattern.compiled.search
        with self.spending():
            try:
                left = (self._end or 0) - time.thread_time()
                return search(text, timeout=max(left, 0.001), concurrent=True) is not None
            except TimeoutError:
                raise Invalid(f"The pattern {pattern.text[:80]!r} takes too long; make it simpler") from None


class Pattern:
    """A regular expression of the library `regex`, whose syntax is a superset of Python's `re`."""

    def __init__(self, text: str) -> None:
        """Compile a pattern. Raises Invalid for a wrong or overlong pattern."""
        if len(text) > LONGEST_PATTERN:
            raise Invalid(f"the regular expression is longer than {LONGEST_PATTERN} characters")
        self.text = text
        _ = self.compiled

    @cached_property
    def compiled(self) -> Any:
        # Not `re`: only this library has a timeout, and lets other threads run while it searches.
        import regex

        try:
            return regex.compile(self.text)
        except (regex.error, RecursionError, OverflowError, ValueError) as error:
            raise Invalid(f"{self.text[:80]!r} is not a regular expression: {error}") from error


class BoundedDict(dict[str, Any]):
    """An object of a body; looking into it checks the budget."""

    bounds: Bounds

    def __iter__(self) -> Iterator[str]:
        self.bounds.check_budget()
        return super().__iter__()

    def __getitem__(self, key: str) -> Any:
        self.bounds.check_budget()
        return super().__getitem__(key)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        self.bounds.check_budget()
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self.bounds.check_budget()
        return super().values()

    def keys(self) -> KeysView[str]:  # type: ignore[override]
        self.bounds.check_budget()
        return super().keys()


class BoundedList(list[Any]):
    """An array of a body; looking into it checks the budget."""

    bounds: Bounds

    def __iter__(self) -> Iterator[Any]:
        self.bounds.check_budget()
        return super().__iter__()

    def __getitem__(self, key: Any) -> Any:
        self.bounds.check_budget()
        return super().__getitem__(key)


def bounded(value: Any, bounds: Bounds) -> Any:
    """JSON that checks the budget when a path visits it. Raises RecursionError where it is nested too deeply."""
    if isinstance(value, dict):
        members = BoundedDict((key, bounded(member, bounds)) for key, member in value.items())
        members.bounds = bounds
        return members
    if isinstance(value, list):
        entries = BoundedList(bounded(entry, bounds) for entry in value)
        entries.bounds = bounds
        return entries
    return value
