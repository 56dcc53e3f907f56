"""Which resources of a Customer endpoint have a row for aggregation."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sandbox.fhir.aggregated.intake.upstream import CustomerFeed, upstream
from sandbox.model import Resource

AT = datetime(2026, 11, 27, tzinfo=UTC)


def row_type(release: str, type_: str, *, is_deleted: bool = False) -> str | None:
    """Return the type of the row of a resource, or None without a row."""
    feed = CustomerFeed(name="northmoor", release=release, owner="o", labels={})
    resource = Resource(
        endpoint="northmoor",
        type=type_,
        logical_id="x",
        version=1,
        created_at=AT,
        updated_at=AT,
        method="PUT",
        text="" if is_deleted else json.dumps({"resourceType": type_, "id": "x"}),
    )
    row = upstream(resource, feed)
    return None if row is None else row.type


@pytest.mark.parametrize(
    ("release", "type_", "expected"),
    [
        ("r4", "Condition", "Condition"),
        ("stu3", "Condition", "Condition"),
        ("r4", "ServiceRequest", "ServiceRequest"),
        ("stu3", "ProcedureRequest", "ServiceRequest"),
        ("r4", "ProcedureRequest", None),
        ("r4", "Person", None),
        ("stu3", "Person", None),
    ],
)
def test_a_resource_has_a_row_under_the_name_of_its_type_in_r4(release: str, type_: str, expected: str | None):
    assert row_type(release, type_) == expected


def test_a_deleted_resource_has_no_row():
    assert row_type("r4", "Condition", is_deleted=True) is None
