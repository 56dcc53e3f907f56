"""Values that were extracted from an element, by the suffix of the modifier that compares them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ExtractedValues = Mapping[str, tuple[Any, ...]]
"""Suffix, empty for most values → the values, each once. Never changed: equal elements share one."""

NONE: ExtractedValues = {}


def merged(parts: Iterable[ExtractedValues]) -> ExtractedValues:
    """Merge the values of several elements."""
    groups: dict[str, tuple[Any, ...]] = {}
    for part in parts:
        for suffix, values in part.items():
            groups[suffix] = groups[suffix] + values if suffix in groups else values
    return {suffix: values if len(values) == 1 else tuple(dict.fromkeys(values)) for suffix, values in groups.items()}
