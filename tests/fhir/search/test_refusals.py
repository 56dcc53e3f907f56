"""Parameters that a search refuses, ignores and accepts"""

from __future__ import annotations

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.search.limits import DEFAULT_LIMITS
from tests.fhir.search.world import World, patient, ward


@pytest.mark.parametrize(
    "question",
    [
        "Patient?birthdate=yesterday",
        "Patient?birthdate=2020-13",
        "Patient?birthdate=2020-02-30",
        "Patient?birthdate=2020-02-03T10",
        "Patient?birthdate=2020-02-03T25:00",
        "Patient?birthdate=2020-02-03T10:00%2B15:00",
        "Patient?birthdate=xx2020",
        "Patient?birthdate=0000",
        "Patient?birthdate:exact=2020",
        "Patient?gender:exact=male",
        "Patient?gender:in=http://v.test",
        "Patient?gender:not-in=http://v.test",
        "Patient?gender:below=x",
        "Patient?gender:above=x",
        "Patient?gender:missing=maybe",
        "Patient?gender=|",
        "Patient?name:text=x",
        "Patient?identifier:of-type=x|y",
        "Patient?identifier:of-type=|y|z",
        "Patient?general-practitioner:Patient=x",
        "Patient?organization:nothing=x",
        "Observation?subject:Patient=Group/1",
        "Observation?value-quantity=much",
        "Observation?value-quantity=1|2|3|4",
        "Observation?value-quantity=1e9999",
        f"Observation?value-quantity={'1' * 101}",
        "Observation?code-value-quantity=x",
        "Observation?code-value-quantity=x$",
        "Observation?code-value-quantity=x$1$2",
        "Observation?code-value-quantity:exact=x$1",
        "ValueSet?url:below=urn:oid:1",
        "ValueSet?url:contains=x",
        "RiskAssessment?probability:exact=1",
        "Patient?_text=x",
        "Patient?_content=x",
        "Patient?_filter=name eq x",
        "Patient?_query=x",
        "Patient?_list=1",
        "Patient?_contained=both",
        "Patient?_id:exact=1",
        "Patient?_id:missing=maybe",
        "Patient?_count=-1",
        "Patient?_count=many",
        "Patient?page=0",
        "Patient?_total=some",
        "Patient?gender=,",
        f"Patient?gender={'x,' * (DEFAULT_LIMITS.list + 1)}",
        "Patient?" + "&".join(["gender=x"] * (DEFAULT_LIMITS.parameters + 1)),
    ],
    ids=lambda question: question[:60],
)
def test_an_impossible_search_is_refused_with_a_rule(question: str):
    with pytest.raises(Invalid) as refused:
        World().search(question)
    assert refused.value.rule.startswith("search.")
    assert refused.value.text


def test_stu3_knows_no_of_type():
    with pytest.raises(Invalid):
        World("stu3").search("Patient?identifier:of-type=a|b|c")


def test_an_unknown_parameter_is_ignored_unless_strict():
    world = ward()
    assert world.search("Patient?colour=red&family=cole").total == 1
    assert world.search("Patient?colour=red").query.ignored == ["colour"]
    with pytest.raises(Invalid, match="colour"):
        world.search("Patient?colour=red", strict=True)


def test_parameters_that_do_not_filter():
    assert ward().search("Patient?_format=json&_pretty=true&_elements=id&_timeout=5", strict=True).total == 3


def test_a_parameter_without_a_value_is_left_out_unless_strict():
    assert ward().search("Patient?family=").total == 3
    with pytest.raises(Invalid, match="family"):
        ward().search("Patient?family=", strict=True)


def test_a_list_means_or_and_repetition_and():
    world = ward()
    assert world.ids("Patient?family=allen,baker,nobody") == ["ann", "bob"]
    assert world.ids("Patient?family=allen&family=baker") == []
    assert sorted(world.ids("Observation?code=x,y&code=y")) == ["o2", "o3"]


def test_escaped_separators_belong_to_the_value():
    world = World().put(patient("1", "a,b"), patient("2", "a"), patient("3", "$|\\"))
    assert world.ids("Patient?family:exact=a\\,b") == ["1"]
    assert world.ids("Patient?family:exact=a,b") == ["2"]
    assert world.ids("Patient?family:exact=\\$\\|\\\\") == ["3"]
    code = {"coding": [{"system": "http://s.test/a|b", "code": "c$d"}]}
    world.put({"resourceType": "Observation", "id": "1", "code": code, "valueString": "e,f"})
    assert world.ids("Observation?code=http://s.test/a\\|b|c\\$d") == ["1"]
    assert world.ids("Observation?code-value-string=http://s.test/a\\|b|c\\$d$e\\,f") == ["1"]


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("_id=ann,cy", ["ann", "cy"]),
        ("_id:not=ann,cy", ["bob"]),
        ("_id:missing=true", []),
        ("_id:missing=false&_id=ann", ["ann"]),
        ("_id=ANN", []),
    ],
)
def test_resources_are_found_by_their_ids(question: str, ids: list[str]):
    assert ward().ids(f"Patient?{question}") == ids


def test_the_parameters_of_every_type_find_a_resource():
    meta = {
        "lastUpdated": "2024-05-01T10:00:00.123456Z",
        "tag": [{"system": "http://s.test", "code": "t"}],
        "security": [{"system": "http://s.test", "code": "s"}],
        "profile": ["http://s.test/p|2"],
        "source": "http://s.test/from",
    }
    world = World().put({"resourceType": "Basic", "id": "1", "meta": meta})
    for question in (
        "_lastUpdated=2024-05-01T10:00:00.123456Z",
        "_lastUpdated=ge2024-05-01&_lastUpdated=lt2024-05-02",
        "_tag=http://s.test|t",
        "_security=s",
        "_profile=http://s.test/p",
        "_profile=http://s.test/p|2",
        "_profile:below=http://s.test/",
        "_source=http://s.test/from",
    ):
        assert world.ids(f"Basic?{question}") == ["1"], question
    assert world.ids("Basic?_lastUpdated=gt2024-05-01T10:00:00.123456Z") == []


def test_a_quantity_with_a_comparator_is_a_range():
    less = {"value": 5, "comparator": "<", "unit": "mg"}
    world = World().put({"resourceType": "Observation", "id": "1", "valueQuantity": less})
    assert world.ids("Observation?value-quantity=lt3") == ["1"]
    assert world.ids("Observation?value-quantity=5") == []
    assert world.ids("Observation?value-quantity=gt6") == []


def test_a_composite_holds_of_one_element():
    parts = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value}}
        for code, value in (("systolic", 120), ("diastolic", 80))
    ]
    world = World().put({"resourceType": "Observation", "id": "1", "component": parts})
    assert world.ids("Observation?component-code-value-quantity=systolic$gt100") == ["1"]
    assert world.ids("Observation?component-code-value-quantity=diastolic$gt100") == []
    assert world.ids("Observation?component-code=diastolic&component-value-quantity=gt100") == ["1"]
