"""Paths of nothing but elements are walked without `fhirpathpy`: what they find is what it finds."""

from __future__ import annotations

from typing import Any

import fhirpathpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.fhir.search.definitions import Path, of, types
from sandbox.synthetic.fhir.instance import instance

Json = dict[str, Any]
PATHS = (
    "Patient.a",
    "Patient.a.b",
    "Patient.b.a.b",
    "a.b",
    "Patient.a.where(b='x')",
    "Patient.a.where(b='x').b",
)
DECEASED = "Patient.deceasedDateTime.exists() or (Patient.deceasedBoolean.exists() and Patient.deceasedBoolean)"
BESIDE = {"extension": [{"url": "urn:x"}]}
NAMES = st.sampled_from(["a", "_a", "b", "_b", "extension", "resourceType"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2) | st.sampled_from(["Patient", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def by_fhirpath(expression: str, node: Json) -> list[Any]:
    try:
        nodes = fhirpathpy.compile(expression, None, {"returnRawData": True})(node, {"resource": node})
    except Exception:  # fhirpathpy raises bare ones
        return []
    return [value for node_ in nodes if (value := getattr(node_, "data", node_)) is not None]


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(PATHS))
def test_any_json_gives_what_fhirpath_gives(node: Json, expression: str) -> None:
    resource = {**node, "resourceType": "Patient"}
    assert Path(expression)(resource, resource) == by_fhirpath(expression, resource)
    assert Path(expression)(node, node) == by_fhirpath(expression, node)


@pytest.mark.parametrize("died_at", [{}, {"deceasedDateTime": "2026"}, {"_deceasedDateTime": BESIDE}])
@pytest.mark.parametrize("died", [{}, {"deceasedBoolean": True}, {"deceasedBoolean": False}])
def test_both_ways_of_saying_that_somebody_has_died(died_at: Json, died: Json) -> None:
    resource = {"resourceType": "Patient", **died_at, **died}
    assert Path(DECEASED)(resource, resource) == by_fhirpath(DECEASED, resource)
    beside = {**resource, "_deceasedBoolean": BESIDE} if died else resource
    assert Path(DECEASED)(beside, beside) == Path(DECEASED)(resource, resource), "what stands beside says nothing"


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_every_parameter_finds_in_a_resource_of_its_type_what_fhirpath_finds(release: str) -> None:
    for type_ in types(release):
        resource = instance(release, type_, 7)
        for parameter in of(release, type_).values():
            for path in parameter.paths:
                assert [value for value in path(resource, resource) if value is not None] == by_fhirpath(
                    path.expression, resource
                ), path.expression
