"""Values at the edge of a kind of parameter: half a reference, an address above, a name with typographic marks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.search.world import BASE, World

Json = dict[str, Any]


def observation(id_: str, subject: Any) -> Json:
    return {"resourceType": "Observation", "id": id_, "subject": subject}


SUBJECTS: dict[str, Any] = {
    "here": {"reference": "Patient/1"},
    "version": {"reference": "Patient/1/_history/2"},
    "whole": {"reference": f"{BASE}/Patient/1"},
    "elsewhere": {"reference": "http://other.test/fhir/Patient/1"},
    "group": {"reference": "Group/1"},
    "number": {"identifier": {"system": "urn:n", "value": "1"}},
    "number of a group": {"type": "Group", "identifier": {"system": "urn:n", "value": "1"}},
    "number of a patient": {"type": "Patient", "identifier": {"system": "urn:n", "value": "1"}},
    "both": {"reference": "Patient/1", "identifier": {"system": "urn:n", "value": "2"}},
    "empty number": {"reference": "Patient/1", "identifier": {}},
    "name": {"display": "Patient/1"},
    "no text": {"reference": 1},
    "text": "Patient/1",
}
FOUND_BY: dict[str, set[str]] = {
    "patient=1": {"here", "version", "whole", "both", "empty number"},
    "patient=Patient/1": {"here", "version", "whole", "both", "empty number"},
    f"patient={BASE}/Patient/1": {"here", "version", "whole", "both", "empty number"},
    "patient=Patient/1/_history/9": {"here", "version", "whole", "both", "empty number"},
    "patient=http://other.test/fhir/Patient/1": {"elsewhere"},
    "patient=Group/1": set(),
    "subject=1": {"here", "version", "whole", "both", "empty number", "group"},
    "subject:Group=1": {"group"},
    "subject=Group/1": {"group"},
    "patient:identifier=urn:n|1": {"number", "number of a patient"},
    "subject:identifier=urn:n|1": {"number", "number of a patient", "number of a group"},
    "patient:identifier=2": {"both"},
    "patient:missing=true": {"group", "number of a group", "name", "no text"},
}


@pytest.mark.parametrize("query", FOUND_BY)
def test_a_reference_is_found_by_its_target_wherever_its_address_stands(query: str):
    world = World().put(*[observation(id_.replace(" ", "-"), subject) for id_, subject in SUBJECTS.items()])
    assert {id_.replace("-", " ") for id_ in world.ids(f"Observation?{query}")} == FOUND_BY[query]


FIRST_ENTRIES: dict[str, tuple[Json, list[str]]] = {
    "a composition": ({"resourceType": "Composition", "id": "c"}, ["composition=c", "composition:missing=false"]),
    "a message": ({"resourceType": "MessageHeader", "id": "c"}, ["message=c", "message:missing=false"]),
    "a composition without an id": ({"resourceType": "Composition"}, []),
    "another type": ({"resourceType": "Patient", "id": "c"}, []),
}


@pytest.mark.parametrize("name", FIRST_ENTRIES)
def test_a_bundle_is_found_by_its_first_resource(name: str):
    resource, queries = FIRST_ENTRIES[name]
    world = World().put({"resourceType": "Bundle", "id": "b", "type": "document", "entry": [{"resource": resource}]})
    every_query = ["composition=c", "composition:missing=false", "message=c", "message:missing=false"]
    assert [query for query in every_query if world.ids(f"Bundle?{query}")] == queries


NAMES: list[tuple[str, str, str, bool]] = [
    ("r4", "O\u2019Brien", "obrien", True),
    ("r4", "O\u2019Brien", "o brien", False),
    ("stu3", "O\u2019Brien", "obrien", False),
    ("stu3", "O\u2019Brien", "o\u2019b", True),
    (
        "r4",
        "\u0393\u03b5\u03ce\u03c1\u03b3\u03b9\u03bf\u03c2!",
        "\u03b3\u03b5\u03c9\u03c1\u03b3\u03b9\u03bf\u03c3",
        True,
    ),
    ("r4", "A  B", "a b", True),
    ("r4", "\u00c5\u00a0\u00a0B", "a b", True),
    ("stu3", "A  B", "a b", False),
    ("r4", "\u0141\u00f3d\u017a", "lodz", True),
    ("r4", "\u00d8st", "ost", True),
    ("r4", "Lodz", "\u0141\u00d3D\u0179", True),
]


@pytest.mark.parametrize(("release", "name", "text", "matches"), NAMES)
def test_marks_and_accents_of_any_alphabet_are_folded(release: str, name: str, text: str, matches: bool):
    world = World(release).put({"resourceType": "Patient", "id": "1", "name": [{"given": [name]}]})
    assert world.ids(f"Patient?given={text}") == ["1"] * matches


URLS = ["http://a.test/fhir", "http://a.test/fhir/", "http://a.test/fhir/ValueSet/1", "http://a.test/fhir2", "urn:a:1"]
URI_QUERIES: dict[str, list[int]] = {
    "url=http://a.test/fhir": [0],
    "url:below=http://a.test/fhir": [0, 1, 2, 3],
    "url:below=http://a.test/fhir/": [1, 2],
    "url:above=http://a.test/fhir/ValueSet/1": [0, 1, 2],
    "url:above=http://a.test/fhir/ValueSet/12": [0, 1],
    "url:above=http://a.test/fhir/": [0, 1],
    "url:above=http://a.test/fhir2/x": [3],
    "url=urn:a:1": [4],
    "url:missing=true": [],
}


@pytest.mark.parametrize("query", URI_QUERIES)
def test_an_address_lies_below_and_above_others_by_whole_steps(query: str):
    world = World().put(*[{"resourceType": "ValueSet", "id": str(n), "url": url} for n, url in enumerate(URLS)])
    assert sorted(world.ids(f"ValueSet?{query}")) == [str(number) for number in URI_QUERIES[query]]


def test_a_canonical_address_is_found_with_and_without_its_version():
    answer = {"resourceType": "QuestionnaireResponse", "id": "1", "questionnaire": "http://a.test/q|2"}
    plan = {"resourceType": "ActivityDefinition", "id": "1", "url": "http://a.test/q|2"}
    world = World().put(answer, plan)
    assert world.ids("QuestionnaireResponse?questionnaire=http://a.test/q") == ["1"]
    assert world.ids("QuestionnaireResponse?questionnaire=http://a.test/q|2") == ["1"]
    assert world.ids("QuestionnaireResponse?questionnaire=http://a.test/q|3") == []
    assert world.ids("ActivityDefinition?url=http://a.test/q") == [], "an address of type uri has no version"


NUMBERED: list[Json] = [
    {"system": "urn:a", "value": "AbC", "type": {"coding": [{"system": "urn:t", "code": "MR"}]}},
    {"system": "urn:b", "value": "AbC"},
    {"value": "AbC", "type": {"text": "Card"}},
    {"system": "urn:a"},
]
TOKEN_QUERIES: dict[str, list[int]] = {
    "identifier=urn:a|": [0, 3],
    "identifier=urn:a|AbC": [0],
    "identifier=urn:a|abc": [],
    "identifier=AbC": [0, 1, 2],
    "identifier=|AbC": [2],
    "identifier=urn:a|,urn:b|": [0, 1, 3],
    "identifier:not=urn:a|": [1, 2],
    "identifier:not=urn:a|AbC": [1, 2, 3],
    "identifier:of-type=urn:t|MR|AbC": [0],
    "identifier:of-type=urn:t|MR|abc": [],
    "identifier:of-type=urn:t|mr|AbC": [],
    "identifier:text=card": [2],
    "identifier:missing=true": [],
}


@pytest.mark.parametrize("query", TOKEN_QUERIES)
def test_a_number_is_found_by_its_parts_with_an_index_and_without(query: str):
    patients = [{"resourceType": "Patient", "id": str(n), "identifier": [each]} for n, each in enumerate(NUMBERED)]
    world = World().put(*patients)
    expected = [str(number) for number in TOKEN_QUERIES[query]]
    assert sorted(world.ids(f"Patient?{query}")) == expected
    assert world.ids(f"Patient?{query}&_id=0,1,2,3") == expected
