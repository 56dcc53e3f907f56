"""Both releases' tables of search parameters look where the specification's expressions look, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.fhir.search.definitions import unmatched_parameters
from tests.fhir.search.specification import Places, alternatives, places, places_within, specification
from tests.fhir.search.world import World

Json = dict[str, Any]
RELEASES = ("stu3", "r4")
EVERY = [(name, type_) for name in RELEASES for type_ in specification(name) if type_ != "DomainResource"]

OTHERWISE = {
    "Condition.abatement-boolean": "a condition that has abated in any way counts as true",
    "Encounter.length": "the number of a duration is its value",
    "InsurancePlan.name": "the expression leaves out the type",
    "Patient.deceased": "a time of death counts as true, and no word of a death as false",
    "Patient.family": "each word of a family name is looked at",
    "Practitioner.family": "each word of a family name is looked at",
}
"""Parameters whose places are not those of the expression, letter by letter, and why."""

SWAPPED = {"DocumentReference.relationship": ("target", "code")}
"""Composites whose components stand in the registry in each other's place."""


def table(name: str, type_: str) -> Json:
    content = datafiles.read_json(datafiles.path(f"capability_statements/search_parameters/{name}.json"))
    parameters: Json = content["parameters"].get(type_, {})
    return parameters


def simple(name: str, type_: str) -> Iterator[tuple[str, Json]]:
    for parameter, row in specification(name)[type_].items():
        if row["type"] != "composite" and f"{type_}.{parameter}" not in {*unmatched_parameters(name), *OTHERWISE}:
            yield parameter, row


@pytest.mark.parametrize(("name", "type_"), EVERY)
def test_a_table_has_every_parameter_of_its_type(name: str, type_: str):
    parameters = {
        parameter
        for parameter in specification(name)[type_]
        if f"{type_}.{parameter}" not in unmatched_parameters(name)
    }
    assert set(table(name, type_)) == parameters


@pytest.mark.parametrize(("name", "type_"), EVERY)
def test_a_parameter_has_the_places_of_each_alternative(name: str, type_: str):
    for parameter, row in simple(name, type_):
        expected = places(name, type_, row["type"], row["expression"])
        entry = table(name, type_)[parameter]
        assert entry["type"] == row["type"]
        if expected is None:
            assert_as_many(entry["paths"], row["expression"])
        else:
            assert entry["paths"] == expected, f"{type_}.{parameter}"


def assert_as_many(paths: Places, expression: str) -> None:
    """A type that no model describes: each alternative has a place that begins like it."""
    for alternative in alternatives(expression):
        beginning = alternative.partition(".as(")[0].partition(".where(")[0]
        assert any(path.startswith(beginning) for path in paths), alternative


@pytest.mark.parametrize(("name", "type_"), EVERY)
def test_a_composite_has_the_places_of_each_component(name: str, type_: str):
    for parameter, row in specification(name)[type_].items():
        if row["type"] != "composite":
            continue
        entry = table(name, type_)[parameter]
        assert entry["paths"] == alternatives(row["expression"])
        swapped = SWAPPED.get(f"{type_}.{parameter}")
        for number, (component, specified) in enumerate(zip(entry["component"], row["component"], strict=True)):
            assert component["parameter"] == specified["parameter"]
            expression = swapped[number] if swapped else specified["expression"]
            expected = places_within(name, entry["paths"][0], component["type"], expression)
            assert expected is None or component["paths"] == expected, f"{type_}.{parameter}"


def test_a_document_reference_is_found_by_each_of_its_identifiers():
    world = World("stu3").put(
        {
            "resourceType": "DocumentReference",
            "id": "1",
            "masterIdentifier": {"system": "http://s.test", "value": "master"},
            "identifier": [{"system": "http://s.test", "value": "other"}],
        }
    )
    assert world.ids("DocumentReference?identifier=http://s.test|master") == ["1"]
    assert world.ids("DocumentReference?identifier=http://s.test|other") == ["1"]


def test_a_concept_is_not_found_in_a_text():
    world = World("stu3").put({"resourceType": "Observation", "id": "1", "valueString": "positive"})
    assert world.ids("Observation?value-concept=positive") == []
    assert world.ids("Observation?value-string=positive") == ["1"]


def test_an_observation_is_found_by_what_it_is_related_to():
    related = {"type": "has-member", "target": {"reference": "Observation/2"}}
    world = World("stu3").put({"resourceType": "Observation", "id": "1", "related": [related]})
    assert world.ids("Observation?related=Observation/2$has-member") == ["1"]
    assert world.ids("Observation?related=Observation/2$derived-from") == []


def test_a_sequence_is_found_by_the_coordinates_of_a_variant():
    world = World("stu3").put(
        {
            "resourceType": "Sequence",
            "id": "1",
            "referenceSeq": {"chromosome": {"coding": [{"code": "7"}]}},
            "variant": [{"start": 10, "end": 20}],
        }
    )
    assert world.ids("Sequence?coordinate=7$lt15$gt15") == ["1"]
    assert world.ids("Sequence?coordinate=7$gt15$gt15") == []
