"""The compiled expressions of search parameters return what `fhirpathpy` returns."""

from __future__ import annotations

import re
from typing import Any

import fhirpathpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.search.definitions import SearchParameter, parameters_of, types
from sandbox.fhir.search.extracted import NONE, ExtractedValues, merged
from sandbox.fhir.search.paths import compiled, reading
from sandbox.synthetic.fhir.instance import instance

Json = dict[str, Any]
RELEASES = ("stu3", "r4")
FORMS = (
    "Patient.a",
    "Patient.a.b",
    "Patient.b.a.b",
    "a.b",
    "Patient.a.where(b='x')",
    "Patient.a.where(b='x').b",
    "Patient.a[0].b",
    "Patient.a[1]",
    "%resource.a.b",
    "Patient",
    "(Patient.a | Patient.b).exists().where($this)",
)
DECEASED = "Patient.deceasedDateTime.exists() or (Patient.deceasedBoolean.exists() and Patient.deceasedBoolean)"
BESIDE = {"extension": [{"url": "urn:x"}]}
NAMES = st.sampled_from(["a", "_a", "b", "_b", "extension", "resourceType"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2) | st.sampled_from(["Patient", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
ELEMENT, TEXT = re.compile(r"[a-z]\w*"), re.compile(r"'([^']*)'")
FUNCTIONS = {"where", "exists", "or", "and", "this", "resource"}
SEEDS = 2
"""Synthetic resources of each type; each has other optional elements and choices."""


def by_fhirpath(expression: str, node: Json) -> list[Any]:
    try:
        nodes = fhirpathpy.compile(expression, None, {"returnRawData": True})(node, {"resource": node})
    except Exception:  # fhirpathpy raises bare ones
        return []
    return [value for node_ in nodes if (value := getattr(node_, "data", node_)) is not None]


def parts(parameters: list[SearchParameter]) -> list[SearchParameter]:
    """The parameters with the components of composites, whose paths are evaluated in an element."""
    return [part for parameter in parameters for part in (parameter, *parameter.components)]


EXPRESSIONS = sorted(
    {
        (release, type_, path.expression)
        for release in RELEASES
        for type_ in types(release)
        for parameter in parts([*parameters_of(release, type_).values()])
        for path in parameter.paths
    }
)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(FORMS))
def test_any_json_gives_what_fhirpath_gives(node: Json, expression: str) -> None:
    resource = {**node, "resourceType": "Patient"}
    assert compiled(expression)(resource, resource) == by_fhirpath(expression, resource)
    if "|" not in expression:  # fhirpathpy cannot tell apart what stands in a union of an object without a type
        assert compiled(expression)(node, node) == by_fhirpath(expression, node)


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.sampled_from(FORMS[:4]))
def test_a_column_reads_every_value_at_its_path_once(node: Json, expression: str) -> None:
    def read(value: Any) -> ExtractedValues:
        return {"": (repr(value),)}

    resource = {**node, "resourceType": "Patient"}
    values = dict.fromkeys(map(repr, by_fhirpath(expression, resource)))
    assert reading(expression, read, merged, NONE)(resource, resource) == ({"": tuple(values)} if values else {})


@pytest.mark.parametrize("died_at", [{}, {"deceasedDateTime": "2026"}, {"_deceasedDateTime": BESIDE}])
@pytest.mark.parametrize("died", [{}, {"deceasedBoolean": True}, {"deceasedBoolean": False}])
def test_both_ways_of_saying_that_somebody_has_died(died_at: Json, died: Json) -> None:
    resource = {"resourceType": "Patient", **died_at, **died}
    assert compiled(DECEASED)(resource, resource) == by_fhirpath(DECEASED, resource)
    beside = {**resource, "_deceasedBoolean": BESIDE} if died else resource
    assert compiled(DECEASED)(beside, beside) == compiled(DECEASED)(resource, resource), (
        "what stands beside says nothing"
    )


@pytest.mark.parametrize("release", RELEASES)
def test_every_parameter_finds_in_resources_of_its_type_what_fhirpath_finds(release: str) -> None:
    for type_ in types(release):
        expressions = {
            path.expression for parameter in parameters_of(release, type_).values() for path in parameter.paths
        }
        for seed in range(SEEDS):
            resource = instance(release, type_, seed)
            for expression in expressions:
                assert compiled(expression)(resource, resource) == by_fhirpath(expression, resource), expression


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_expression_finds_in_any_json_what_fhirpath_finds(data: st.DataObject) -> None:
    _, type_, expression = data.draw(st.sampled_from(EXPRESSIONS))
    names = sorted({word for word in ELEMENT.findall(expression) if word not in FUNCTIONS} | {"extension"})
    elements = st.sampled_from([*names, *(f"_{name}" for name in names)])
    strings = [None, True, "x", *TEXT.findall(expression)]
    values = st.recursive(
        st.sampled_from(strings),
        # No null in a list: fhirpathpy fails on a Boolean that is one, and FHIR has it beside an extension alone.
        lambda inner: (
            st.lists(inner.filter(lambda value: value is not None), max_size=3)
            | st.dictionaries(elements, inner, max_size=4)
        ),
        max_leaves=12,
    )
    resource = {**data.draw(st.dictionaries(elements, values, max_size=4)), "resourceType": type_}
    assert compiled(expression)(resource, resource) == by_fhirpath(expression, resource)


def test_every_expression_of_the_tables_compiles() -> None:
    assert [expression for _, _, expression in EXPRESSIONS if not callable(compiled(expression))] == []


@pytest.mark.parametrize("expression", ["", "Patient.a.as(Quantity)", "a | b", "a = 'x'", "a.where(b)", "a..b"])
def test_an_expression_of_another_form_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="not one of the forms"):
        compiled(expression)
