"""Which parameters of a request are criteria, and which only say how it is carried out or shown."""

from __future__ import annotations

from collections.abc import Iterable

Pairs = tuple[tuple[str, str], ...]
CONTROL = frozenset({"_format", "_pretty", "_summary", "_elements", "_method", "_no-content", "_timeout"})


def criteria(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The pairs that select resources."""
    return tuple((name, value) for name, value in pairs if name not in CONTROL)
