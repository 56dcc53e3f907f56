"""Parts of resources, by `_summary` and `_elements`, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.base.negotiation import accepted_types
from sandbox.fhir.base.shaping import ResponseShape

Json = dict[str, Any]
TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"versionId": "1"},
    "text": {"status": "generated", "div": "<div/>"},
    "status": "final",
    "code": {"text": "Weight"},
    "_issued": {"id": "i"},
    "valueQuantity": {"value": 1},
    "note": [{"text": "x"}],
}
TASK_DOSE: Json = {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
                   "subject": {"reference": "Patient/1"}, "medicationReference": {"reference": "Medication/1"},
                   "priority": "routine"}  # fmt: skip

SHAPES: dict[str, tuple[dict[str, str], Json, set[str]]] = {
    "a summary": ({"_summary": "true"}, OBSERVATION, {"status", "code", "_issued", "valueQuantity"}),
    "the text": ({"_summary": "text"}, OBSERVATION, {"text", "status", "code"}),
    "the data": ({"_summary": "data"}, OBSERVATION, {"status", "code", "_issued", "valueQuantity", "note"}),
    "an element": ({"_elements": "note"}, OBSERVATION, {"status", "code", "note"}),
    "an element of its type": ({"_elements": "Observation.note"}, OBSERVATION, {"status", "code", "note"}),
    "a choice of types": ({"_elements": "value"}, OBSERVATION, {"status", "code", "valueQuantity"}),
    "one type of it": ({"_elements": "valueQuantity"}, OBSERVATION, {"status", "code", "valueQuantity"}),
    "the beginning of a word": ({"_elements": "valueQ, no"}, OBSERVATION, {"status", "code"}),
    "an id of a primitive": ({"_elements": " issued ,"}, OBSERVATION, {"status", "code", "_issued"}),
    "an element and a summary": ({"_elements": "note", "_summary": "text"}, OBSERVATION, {"status", "code", "note"}),
    "a choice that is required": ({"_summary": "text"}, TASK_DOSE,
                                  {"status", "intent", "subject", "medicationReference"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_a_part_of_a_resource_has_what_was_asked_for_and_what_is_required(name: str):
    query, resource, names = SHAPES[name]
    part = ResponseShape.asked_for(query).of("r4", resource)
    assert set(part) == {"resourceType", "id", "meta", *names}
    assert part["meta"] == {**resource.get("meta", {}), "tag": [TAG]}
    assert all(part[name] == resource[name] for name in names)


def test_a_part_of_a_type_without_a_model_has_everything_but_its_text():
    resource = {"resourceType": "EffectEvidenceSynthesis", "id": "1", "text": {}, "name": "x"}
    for summary in ("true", "data"):
        part = ResponseShape.asked_for({"_summary": summary}).of("r4", resource)
        assert set(part) == {"resourceType", "id", "meta", "name"}


@pytest.mark.parametrize("type_", ["searchset", "history"])
def test_of_a_bundle_each_resource_is_a_part(type_: str):
    entries = [{"fullUrl": "u", "resource": OBSERVATION}, {"response": {"status": "204"}}]
    shape = ResponseShape.asked_for({"_elements": "note"})
    bundle = shape.of("r4", {"resourceType": "Bundle", "type": type_, "entry": entries})
    assert bundle == {
        "resourceType": "Bundle",
        "type": type_,
        "entry": [{"fullUrl": "u", "resource": shape.of("r4", OBSERVATION)}, {"response": {"status": "204"}}],
    }
    empty = {"resourceType": "Bundle", "type": type_}
    assert shape.of("r4", empty) == empty


@pytest.mark.parametrize("resource", [{"resourceType": "OperationOutcome", "issue": []}])
def test_an_outcome_is_always_whole(resource: Json):
    assert ResponseShape.asked_for({"_elements": "note"}).of("r4", resource) == resource


def test_a_stored_bundle_is_a_resource_like_others():
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": OBSERVATION}], "total": 1}
    assert set(ResponseShape.asked_for({"_elements": "total"}).of("r4", bundle)) == {
        "resourceType", "meta", "type", "total",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "is_whole"),
    [({}, True), ({"_summary": "false"}, True), ({"_summary": "count"}, True), ({"_elements": " , "}, True),
     ({"_summary": "true"}, False), ({"_elements": "note"}, False)],
)  # fmt: skip
def test_only_some_questions_ask_for_a_part(query: dict[str, str], is_whole: bool):
    assert bool(ResponseShape.asked_for(query)) is not is_whole


def test_an_unknown_summary_is_refused():
    with pytest.raises(Invalid, match="_summary must be one of"):
        ResponseShape.asked_for({"_summary": "some"})


def test_an_existing_tag_stays():
    tagged = {**OBSERVATION, "meta": {"tag": [{"code": "a"}]}}
    assert ResponseShape.asked_for({"_elements": "note"}).of("r4", tagged)["meta"] == {"tag": [{"code": "a"}, TAG]}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("a/b;q=1,c/d;q=0.5", ["a/b", "c/d"]), ("c/d;q=0.5,a/b;q=1", ["a/b", "c/d"]), ("a/b,,c/d", ["a/b", "c/d"])],
)
def test_a_weight_of_one_is_the_highest(accept: str, expected: list[str]):
    assert accepted_types(accept) == expected
