"""Values that were extracted from an element, by the suffix of the modifier that compares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

ExtractedValues = Mapping[str, tuple[Any, ...]]
"""Suffix, empty for most values → the values, each once. Never changed: equal elements share one."""

NONE: ExtractedValues = {}


def merged(parts: Iterable[ExtractedValues]) -> ExtractedValues:
    """Merge the values of several elements."""
    groups: dict[str, list[tuple[Any, ...]]] = {}
    for part in parts:
        for suffix, values in part.items():
            groups.setdefault(suffix, []).append(values)
    # Joined once at the end: tens of thousands of elements would be copied again for each of them.
    return {
        suffix: lists[0] if len(lists) == 1 else tuple(dict.fromkeys(chain.from_iterable(lists)))
        for suffix, lists in groups.items()
    }
