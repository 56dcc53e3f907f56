"""Judgements about the resources of a Customer's endpoint."""

from __future__ import annotations

from typing import Any

from sandbox.conformance.evidence import Evidence, Judgement, judged
from sandbox.model import Resource, ResourceVersion

Json = dict[str, Any]
STORED = "conformance.stored"


def stored(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether a resource is at an endpoint under its `type` and `id`, in so many `versions`, by default one."""
    versions, name = row.get("versions", 1), f"{row['type']}/{row['id']}"
    store = evidence.workspace.store
    newest = store.find_one(Resource, f"{row['endpoint']}/{name}")
    count = len(store.find(ResourceVersion, "resource", (row["endpoint"], row["type"], row["id"])))
    is_there = newest is not None and not newest.deleted
    passed = (is_there and count == versions) if versions else not is_there
    expected = f"{name} at {row['endpoint']} in {versions} versions" if versions else f"no {name} at {row['endpoint']}"
    actual = f"{count} versions" if is_there else "not stored"
    return judged(STORED, expected, actual, evidence.arrivals[-1:], passed=passed)
