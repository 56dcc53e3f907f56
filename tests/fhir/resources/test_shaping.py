"""Parts of resources, and how an answer is laid out (https://hl7.org/fhir/R4/search.html#summary)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.support import Client

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "status": "final",
    "_status": {"id": "s"},
    "code": {"text": "x"},
    "valueQuantity": {"value": 1},
    "bodySite": {"text": "not in a summary"},
}
TAGS = {
    "northmoor-r4": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "northmoor-stu3": "http://hl7.org/fhir/v3/ObservationValue",
}
ALWAYS = {"resourceType", "id", "meta", "status", "_status", "code"}
SHAPES = {
    "_summary=true": ALWAYS | {"valueQuantity"},
    "_summary=text": ALWAYS | {"text"},
    "_summary=data": ALWAYS | {"valueQuantity", "bodySite"},
    "_elements=bodySite": ALWAYS | {"bodySite"},
    "_elements=value": ALWAYS | {"valueQuantity"},
    "_elements=Observation.value,bodySite": ALWAYS | {"valueQuantity", "bodySite"},
    "_elements=nothing": ALWAYS,
}


@pytest.fixture(params=TAGS)
def feed(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    endpoint = Endpoint(pkb, request.param)
    endpoint.put(OBSERVATION)
    return endpoint


@pytest.mark.parametrize(("query", "names"), SHAPES.items(), ids=SHAPES)
def test_a_part_of_a_resource_has_its_elements_and_a_tag(feed: Endpoint, query: str, names: set[str]):
    shaped = [feed.get(f"/Observation/o?{query}")]
    shaped += [entry["resource"] for entry in feed.get(f"/Observation?{query}")["entry"]]
    shaped += [entry["resource"] for entry in feed.get(f"/Observation/o/_history?{query}")["entry"]]
    assert len(shaped) == 3
    for resource in shaped:
        assert set(resource) == names
        assert resource["meta"]["tag"] == [{"system": TAGS[feed.name], "code": "SUBSETTED"}]


@pytest.mark.parametrize("query", ["_summary=false", "_elements=", ""])
def test_a_whole_resource_has_no_tag(feed: Endpoint, query: str):
    shaped = feed.get(f"/Observation/o?{query}")
    assert set(shaped) == set(OBSERVATION) | {"meta"}
    assert "tag" not in shaped["meta"]


def test_a_count_has_no_entries(feed: Endpoint):
    bundle = feed.get("/Observation?_summary=count")
    assert bundle["total"] == 1
    assert "entry" not in bundle


def test_a_type_without_a_model_is_shown_in_part_as_well(pkb: Client):
    feed = Endpoint(pkb)
    feed.put({"resourceType": "MedicinalProduct", "id": "m", "type": {"text": "x"}, "text": OBSERVATION["text"]})
    assert set(feed.get("/MedicinalProduct/m?_summary=true")) == {"resourceType", "id", "meta", "type"}


def test_an_answer_is_indented_where_that_is_asked_for(feed: Endpoint):
    assert '\n  "id": "o"' in feed.ask("GET", "/Observation/o?_pretty=true").text
    xml = feed.ask("GET", "/Observation/o?_pretty=true&_format=xml").text
    assert '\n  <id value="o" />' in xml


BAD = {
    "a summary that there is not": ("Observation", "?_summary=brief", {}, 400),
    "a format that there is not": ("Observation", "?_format=csv", {}, 406),
    "XML of a type that has none": ("MedicinalProduct", "", {"Accept": "application/fhir+xml"}, 406),
}


@pytest.mark.parametrize(("type_", "query", "headers", "status"), BAD.values(), ids=BAD)
def test_a_request_without_an_acceptable_format_changes_nothing(
    pkb: Client, type_: str, query: str, headers: dict[str, str], status: int
):
    feed = Endpoint(pkb)
    resource = {"resourceType": type_, "id": "new", "status": "final", "code": {"text": "x"}}
    assert feed.ask("PUT", f"/{type_}/new{query}", resource, **headers).status_code == status
    assert feed.ask("GET", f"/{type_}/new").status_code == 404
