"""Answers of the Custom REST API, compared by JSON key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.replay.compare.difference import Difference
from sandbox.replay.compare.trees import Trees
from sandbox.replay.compare.values import Values


def compare_objects(recorded: Any, actual: Any, query: str, values: Values) -> Iterator[Difference]:
    """Yield the differences of two JSON answers."""
    yield from Trees("rest", values).compare(recorded, actual, "body", ())
