"""Whatever stands in a resource or a question: values or none, an answer or Invalid, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.fhir.search import search, searchset, values_of
from sandbox.fhir.search.columns import beginning
from sandbox.fhir.search.definitions import parameters_of
from tests.fhir.search.world import BASE, NOW, World

TYPES = ("Patient", "Observation", "Bundle", "Task", "MolecularSequence", "ActivityDefinition")
NAMES = sorted(
    {
        beginning(path.expression)
        for type_ in TYPES
        for parameter in parameters_of("r4", type_).values()
        for path in parameter.paths
    }
    - {""}
)
PARTS = (
    "coding",
    "system",
    "code",
    "value",
    "reference",
    "start",
    "low",
    "event",
    "repeat",
    "resource",
    "type",
    "text",
)

anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("Patient/1")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(PARTS), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    type_=st.sampled_from(TYPES),
    release=st.sampled_from(("stu3", "r4")),
    elements=st.dictionaries(st.sampled_from(NAMES), anything, max_size=6),
)
def test_values_come_out_of_anything(type_: str, release: str, elements: dict[str, Any]):
    values = values_of(release, {**elements, "resourceType": type_, "id": "1"})
    for candidates in values.values():
        assert len(set(candidates)) == len(candidates) > 0
        assert all(
            list(element.keys()) is not None and sorted(element.sort_keys()) is not None for element in candidates
        )


question = st.one_of(
    st.sampled_from(sorted(parameters_of("r4", "Patient"))),
    st.sampled_from(("_has:Observation:patient:code", "general-practitioner.name", "_include", "_revinclude", "_sort")),
    st.text(alphabet="ab:._", max_size=8),
)
modifier = st.sampled_from(
    ("", ":missing", ":not", ":exact", ":contains", ":text", ":identifier", ":Patient", ":", "::")
)
answer = st.one_of(
    st.text(max_size=10),
    st.text(alphabet="aé|$,\\:/0123456789-+.eTZ ", max_size=14),
    st.sampled_from(("2020", "true", "*", "Patient:link", "-birthdate", "http://x.test/Patient/1", "ap2020", "1e99")),
)


@settings(max_examples=200, deadline=None)
@given(pairs=st.lists(st.tuples(st.builds(str.__add__, question, modifier), answer), max_size=4), strict=st.booleans())
def test_any_question_is_answered_or_invalid(pairs: list[tuple[str, str]], strict: bool):
    world = World().put({"resourceType": "Patient", "id": "1", "name": [{"family": "Ng"}], "birthDate": "2020"})
    with suppress(Invalid):
        result = search(world.view, "Patient", pairs, strict=strict)
        bundle = json.loads(searchset(result, path="/fhir", base=BASE, now=NOW))
        assert bundle["total"] in (0, 1)


ENDLESS = [*(char * 50_000 for char in "a/,\\"), "http://" + "a/" * 25_000]


@pytest.mark.parametrize("value", ENDLESS, ids=lambda value: value[:9])
@pytest.mark.parametrize(
    "name", ["name", "identifier", "organization", "birthdate", "_tag", "_profile:above", "_profile"]
)
def test_endless_values_are_answered_or_invalid(name: str, value: str):
    world = World().put({"resourceType": "Patient", "id": "1", "meta": {"profile": ["http://a/a"]}})
    with suppress(Invalid):
        search(world.view, "Patient", [(name, value)])
