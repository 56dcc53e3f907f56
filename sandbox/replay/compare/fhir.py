"""FHIR responses, compared by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.replay.compare.difference import ABSENT, Difference
from sandbox.replay.compare.trees import Trees
from sandbox.replay.compare.values import Values

DIALECT = "fhir"
DERIVED = ("Bundle.total",)
"""Elements that follow from others: one difference is enough."""


def compare_resources(recorded: Any, actual: Any, query: str, values: Values) -> Iterator[Difference]:
    """Yield the differences of two resources. The order of a search's entries counts if its query has `_sort`."""
    is_sorted = "_sort=" in query
    trees = Trees(
        DIALECT,
        values,
        is_sequence=lambda path: is_sorted and path[-2:] == ("Bundle", "entry"),
        label=_type,
    )
    root = _type_of(recorded) or "body"
    differences = list(trees.compare(recorded, actual, root, (root,)))
    has_entries = any(row.where.startswith("Bundle.entry[") and _is_whole(row) for row in differences)
    for difference in differences:
        if not (has_entries and difference.where in DERIVED):
            yield difference


def _is_whole(difference: Difference) -> bool:
    """Return whether an entry is missing or new."""
    return "." not in difference.where.removeprefix("Bundle.entry") and ABSENT in (
        difference.recorded,
        difference.actual,
    )


def _type(value: Any) -> str:
    """Return the type of the resource that an entry or a list contains."""
    if not isinstance(value, dict):
        return ""
    return _type_of(value) or _type_of(value.get("resource"))


def _type_of(value: Any) -> str:
    return str(value.get("resourceType", "")) if isinstance(value, dict) else ""
