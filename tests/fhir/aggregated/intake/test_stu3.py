"""STU3 to R4: no element of STU3 without an answer, results that are R4, and the way back where there is one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.fhir.aggregated.intake import stu3
from tests.fhir.aggregated.examples import BOTH_WAYS, ONE_WAY
from tests.fhir.aggregated.filled import elements, filled, model, variants

Json = dict[str, Any]
TABLE = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/intake/stu3_to_r4.toml"))
TYPES = sorted(stu3.known_types())


def differing(type_: str, in_r4: str, path: str = "") -> set[str]:
    """The STU3 elements that R4 does not have, or has with another type or number."""
    paths: set[str] = set()
    r4 = elements("r4", in_r4)
    for name, (kind, is_list, _) in elements("stu3", type_).items():
        below = f"{path}.{name}" if path else name
        backbone = kind.startswith(type_) and kind != type_
        if name not in r4 or r4[name][1] != is_list:
            paths.add(below)
        elif backbone and r4[name][0].startswith(in_r4):
            paths |= differing(kind, r4[name][0], below)
        elif kind == "Dosage":
            paths |= {f"{below}.{inner}" for inner in differing("Dosage", "Dosage")}
        elif kind != r4[name][0] and not {kind.replace(type_, in_r4), "Uri", "Canonical"} & {r4[name][0]}:
            plain = "typing" in kind and "typing" in r4[name][0]
            paths |= set() if plain else {below}
    return paths


@pytest.mark.parametrize("type_", TYPES)
def test_every_element_that_r4_lacks_has_a_row(type_: str) -> None:
    rows = TABLE["element"][type_]
    missing = {
        path
        for path in differing(type_, stu3.type_in_r4(type_))
        if path not in rows and not any(row.startswith(f"{path}.") for row in rows)
    }
    assert not missing


@pytest.mark.parametrize("type_", TYPES)
def test_every_row_speaks_of_an_element_of_stu3(type_: str) -> None:
    for path in TABLE["element"][type_]:
        owner = type_
        for name in path.split("."):
            assert name in elements("stu3", owner), f"{path}: {owner} has no {name}"
            owner = elements("stu3", owner)[name][0]


@pytest.mark.parametrize("type_", TYPES)
def test_a_resource_with_everything_in_it_becomes_r4(type_: str) -> None:
    for resource in variants("stu3", type_):
        model("stu3", type_).model_validate(resource)
        before = copy.deepcopy(resource)
        converted = stu3.to_r4(resource)
        assert resource == before, "what was given is left alone"
        assert converted["resourceType"] == stu3.type_in_r4(type_)
        model("r4", converted["resourceType"]).model_validate(converted)


@pytest.mark.parametrize("type_", TYPES)
def test_what_can_be_turned_back_turns_back(type_: str) -> None:
    rows = TABLE["element"][type_]
    resource = {name: value for name, value in filled("stu3", type_).items() if reversible(name, rows)}
    resource = {"resourceType": type_, **resource}
    added = {row["element"] for row in TABLE["default"].get(type_, ()) if row["element"] not in resource}
    converted = {name: value for name, value in stu3.to_r4(resource).items() if name not in added}
    assert back(converted, type_, rows) == resource


@pytest.mark.parametrize(("name", "old", "new"), [*BOTH_WAYS, *ONE_WAY])
def test_an_example_of_the_specification_becomes_that_of_r4(name: str, old: Json, new: Json) -> None:
    model("r4", new["resourceType"]).model_validate(new)
    assert stu3.to_r4(old) == new, name


@pytest.mark.parametrize(("name", "old", "new"), BOTH_WAYS)
def test_an_example_of_r4_turns_back_into_that_of_stu3(name: str, old: Json, new: Json) -> None:
    assert back(new, old["resourceType"], TABLE["element"][old["resourceType"]]) == old, name


PAIRS: tuple[tuple[str, Json, Json], ...] = (
    ("Procedure", {"notDone": True, "status": "completed"}, {"status": "not-done"}),
    ("Procedure", {"notDone": False, "status": "aborted"}, {"status": "stopped"}),
    ("MedicationStatement", {"taken": "n", "status": "active"}, {"status": "not-taken"}),
    ("MedicationStatement", {"taken": "y", "status": "active"}, {"status": "active"}),
    ("Condition", {"verificationStatus": "unknown"}, {}),
    ("Condition", {"abatementBoolean": True}, {"abatementString": "true"}),
    ("Condition", {"context": {"reference": "EpisodeOfCare/1"}}, {}),
    ("CarePlan", {"author": [{"reference": "Practitioner/1"}, {"reference": "Practitioner/2"}]},
     {"author": {"reference": "Practitioner/1"}, "contributor": [{"reference": "Practitioner/2"}]}),
    ("Observation", {"comment": "Fasting"}, {"note": [{"text": "Fasting"}]}),
    ("Observation",
     {"related": [{"type": "has-member", "target": {"reference": "Observation/2"}},
                  {"type": "replaces", "target": {"reference": "Observation/3"}}]},
     {"hasMember": [{"reference": "Observation/2"}]}),
    ("Encounter", {"incomingReferral": [{"reference": "ReferralRequest/9"}]},
     {"basedOn": [{"reference": "ServiceRequest/9"}],
      "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}}),
    ("Patient", {"birthDate": "1990-01-31", "_birthDate": {"extension": [{"url": "urn:x", "valueString": "y"}]}},
     {"birthDate": "1990-01-31", "_birthDate": {"extension": [{"url": "urn:x", "valueString": "y"}]}}),
    ("AllergyIntolerance", {"_assertedDate": {"id": "a"}}, {"_recordedDate": {"id": "a"}}),
    ("AllergyIntolerance", {"clinicalStatus": "active", "_clinicalStatus": {"id": "a"}},
     {"clinicalStatus": {"coding": [
         {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]}}),
    ("MedicationStatement", {"dosage": [{"text": "1 daily", "doseQuantity": {"value": 1}}]},
     {"dosage": [{"text": "1 daily", "doseAndRate": [{"doseQuantity": {"value": 1}}]}]}),
    ("Questionnaire",
     {"item": [{"linkId": "1", "item": [
         {"linkId": "1.1", "initialString": "x", "enableWhen": [{"question": "2", "hasAnswer": True}]}]}]},
     {"item": [{"linkId": "1", "item": [
         {"linkId": "1.1", "initial": [{"valueString": "x"}], "enableBehavior": "any",
          "enableWhen": [{"question": "2", "answerBoolean": True, "operator": "exists"}]}]}]}),
    ("QuestionnaireResponse",
     {"questionnaire": {"reference": "Questionnaire/q"},
      "item": [{"answer": [{"item": [{"linkId": "1", "subject": {"reference": "Patient/1"}}]}]}]},
     {"questionnaire": "Questionnaire/q", "item": [{"answer": [{"item": [{"linkId": "1"}]}]}]}),
    ("Immunization", {"explanation": {"reasonNotGiven": [{"text": "a"}, {"text": "b"}]}, "notGiven": True},
     {"statusReason": {"text": "a"}, "status": "not-done", "occurrenceString": "unknown"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "stu3_elements", "r4_elements"), PAIRS, ids=[f"{t}-{'-'.join(s)}" for t, s, _ in PAIRS]
)
def test_what_an_element_becomes(type_: str, stu3_elements: Json, r4_elements: Json) -> None:
    assert stu3.to_r4({"resourceType": type_, **stu3_elements}) == {"resourceType": type_, **r4_elements}


def test_contained_resources_are_converted_too() -> None:
    inside = {"resourceType": "Condition", "id": "x", "assertedDate": "2012-05-25"}
    unknown = {"resourceType": "Sequence", "id": "y", "type": 1}
    procedure = {"resourceType": "Procedure", "status": "aborted", "contained": [inside, unknown]}
    condition = {"resourceType": "Condition", "id": "x", "recordedDate": "2012-05-25"}
    assert stu3.to_r4(procedure) == {
        "resourceType": "Procedure",
        "status": "stopped",
        "contained": [condition, unknown],
    }


def test_a_type_without_rows_is_not_converted() -> None:
    with pytest.raises(KeyError):
        stu3.to_r4({"resourceType": "TestScript"})


def reversible(name: str, rows: dict[str, Json]) -> bool:
    """Check whether a top-level element comes back: it may move, or become a concept or a list of one."""
    row = rows.get(name, {})
    nested = any(path.startswith(f"{name}.") for path in rows)
    simple = row.keys() <= {"to", "as", "system", "only"} and row.get("as", "list") in ("list", "concept")
    return simple and not nested and not {"/", "^", "[", "."} & set(row.get("to", "")) and "only" not in row


UNDONE: dict[str, Callable[[Any], Any]] = {
    "concept": lambda value: value["coding"][0]["code"],
    "list": lambda value: value[0],
}


def back(resource: Json, type_: str, rows: dict[str, Json]) -> Json:
    """The rows read from right to left: the independent half of the round trip."""
    return {**turned_back(resource, "", rows), "resourceType": type_}


def turned_back(value: Json, path: str, rows: dict[str, Json]) -> Json:
    """An object of R4 as STU3 has it: first what rows name, then what has no row, each with what is in it."""
    left, turned = copy.deepcopy(value), {}
    for row_path, row in rows.items():
        parent, _, name = row_path.rpartition(".")
        moved = take(left, row.get("to", name)) if parent == path and "drop" not in row else None
        if moved is not None:
            reversed_ = UNDONE[row["as"]](moved) if row.get("as") in UNDONE else moved
            turned[name] = [{row["member"]: member} for member in reversed_] if "member" in row else reversed_
    turned |= left
    for name, inside in turned.items():
        below = f"{path}.{name}" if path else name
        if isinstance(inside, dict):
            turned[name] = turned_back(inside, below, rows)
        elif isinstance(inside, list):
            turned[name] = [turned_back(entry, below, rows) if isinstance(entry, dict) else entry for entry in inside]
    return turned


def take(holder: Json, path: str) -> Any:
    """Takes what stands at a path (`a`, `a.b`, `a[].b`) out of an object, with the holder that is empty then."""
    name, _, rest = path.partition(".")
    if not rest:
        return holder.pop(name, None)
    inside = holder.get(name.removesuffix("[]"))
    inner = inside[0] if isinstance(inside, list) else inside
    removed = take(inner, rest) if inner else None
    if inside is not None and not inner:
        del holder[name.removesuffix("[]")]
    return removed
