"""Values of primitive types, and the places and words of what is wrong in a resource; without a server."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import Unreadable
from sandbox.fhir.base import json
from sandbox.fhir.base.conforming import conforms
from sandbox.fhir.base.json import Number
from sandbox.fhir.base.primitives import problem_with
from sandbox.fhir.base.validation import MOST_ISSUES, InvalidResource, Issue, check_structure, issues

Json = dict[str, Any]
LARGEST = 2**31 - 1
VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "string": (["x", " ", "a\tb\n"], ["", 1, None, "\x00", "a\x0b"]),
    "markdown": (["x"], ["", True]),
    "boolean": ([True, False], [0, 1, "true", None]),
    "decimal": ([1, 0, -1, Number("1.0")], [True, "1", 1.0, None]),
    "integer": ([0, LARGEST, -LARGEST - 1], [LARGEST + 1, -LARGEST - 2, True, "1", Number("1.0")]),
    "positiveInt": ([1, LARGEST], [0, LARGEST + 1, True]),
    "unsignedInt": ([0, LARGEST], [-1, LARGEST + 1, False]),
    "date": (["2020", "2020-02", "2020-02-29"], ["2021-02-29", "2020-13", "2020-1", "2020-02-29T00:00:00Z", 2020]),
    "dateTime": (["2020", "2020-02-29T23:59:60.5+14:00"], ["2020-02-30", "2020-02-29T10:00Z", "2020-02-29T24:00:00Z"]),
    "instant": (["2020-02-29T10:00:00Z"], ["2020-02-29", "2020-02-30T10:00:00Z", ""]),
    "time": (["10:00:00"], ["10:00", ""]),
    "base64Binary": (["YWI=", "YWJj", "YW Jj\n", "YQ=="], ["YWJ", "Y", "YWI==", "", "YW!j", "YWJjY==="]),
    "uri": (["urn:x", "x"], ["a b", "", 1]),
    "url": (["http://x"], ["a\nb"]),
    "canonical": (["http://x|1"], [" "]),
    "code": (["a", "a b"], ["a  b", " a", ""]),
    "id": (["a-B.1", "x" * 64], ["x" * 65, "a_b", ""]),
    "oid": (["urn:oid:1.2.3"], ["1.2.3", "urn:oid:3.1"]),
    "uuid": (["urn:uuid:" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12], ["0" * 8, ""]),
    "xhtml": (["<div/>", "text"], ["", 1, "<p>" * 101]),
}


@pytest.mark.parametrize("type_", VALUES)
def test_a_primitive_has_values_of_its_form(type_: str):
    right, not_right = VALUES[type_]
    assert [value for value in right if problem_with(type_, value)] == []
    assert [value for value in not_right if not problem_with(type_, value)] == []


def extension(**value: Any) -> Json:
    return {"url": "u", **value}


FINE: dict[str, Json] = {
    "elements": {"active": True, "name": [{"family": "x"}], "birthDate": "2020"},
    "an id beside a primitive": {"_birthDate": {"id": "x"}},
    "an extension beside a primitive": {"birthDate": "2020", "_birthDate": {"extension": [extension(valueCode="x")]}},
    "a list beside a list": {"name": [{"given": ["x", None], "_given": [None, {"id": "x"}]}]},
    "a longer list beside a list": {"name": [{"given": ["x"], "_given": [None, {"id": "x"}]}]},
    "a choice": {"deceasedBoolean": True},
    "a choice with an id only": {"_deceasedBoolean": {"id": "x"}},
    "a resource inside": {"contained": [{"resourceType": "Group", "type": "person", "actual": True}]},
    "a required primitive with an extension only": {
        "contact": [{"name": {"family": "x"}}], "communication": [{"language": {"text": "x"}}],
    },
}  # fmt: skip
FAULTS: dict[str, tuple[Json, list[tuple[str, str]]]] = {
    "an unknown element": ({"colour": 1}, [("Patient.colour", "extra property")]),
    "an unknown element of an element": ({"name": [{"colour": 1}]}, [("Patient.name[0].colour", "extra property")]),
    "a type within": ({"name": [{"resourceType": "x"}]}, [("Patient.name[0].resourceType", "extra property")]),
    "a single value of a list": ({"name": {"family": "x"}}, [("Patient.name", "expected array")]),
    "a list of a single value": ({"active": [True]}, [("Patient.active", "expected boolean")]),
    "an empty list": ({"name": []}, [("Patient.name", "expected array that is not empty")]),
    "an empty object": ({"name": [{}]}, [("Patient.name[0]", "expected object that is not empty")]),
    "a text for an object": ({"name": ["x"]}, [("Patient.name[0]", "expected object")]),
    "null": ({"active": None}, [("Patient.active", "expected boolean")]),
    "null in a list": ({"name": [{"given": ["x", None]}]}, [("Patient.name[0].given[1]", "expected string")]),
    "null beside nothing": (
        {"name": [{"given": [None, "x"], "_given": [None, {"id": "a"}]}]},
        [("Patient.name[0].given[0]", "expected string"), ("Patient.name[0]._given[0]", "expected object")],
    ),
    "null beyond what stands beside": (
        {"name": [{"given": ["x", None], "_given": [{"id": "a"}]}]},
        [("Patient.name[0].given[1]", "expected string")],
    ),
    "two of a choice": (
        {"deceasedBoolean": True, "deceasedDateTime": "2020"},
        [("Patient.deceased", "expected one of deceasedBoolean, deceasedDateTime")],
    ),
    "two of a choice, of which one is an id": (
        {"deceasedBoolean": True, "_deceasedDateTime": {"id": "x"}},
        [("Patient.deceased", "expected one of deceasedBoolean, deceasedDateTime")],
    ),
    "a required element": (
        {"communication": [{"preferred": True}]}, [("Patient.communication[0].language", "missing required property")],
    ),
    "a resource inside without a type": (
        {"contained": [{"id": "x"}]}, [("Patient.contained[0].resourceType", "missing required property")],
    ),
    "a resource inside of an unknown type": (
        {"contained": [{"resourceType": "X"}]},
        [("Patient.contained[0].resourceType", "expected the name of a resource type")],
    ),
    "no resource inside": ({"contained": ["x"]}, [("Patient.contained[0]", "expected object")]),
    "an error in a resource inside": (
        {"contained": [{"resourceType": "Group", "type": "person", "actual": 1}]},
        [("Patient.contained[0].actual", "expected boolean")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FINE)
def test_a_resource_of_the_right_form_has_no_errors(name: str):
    assert list(issues("r4", {"resourceType": "Patient", **FINE[name]}, "")) == []
    check_structure("r4", {"resourceType": "Patient", **FINE[name]})


@pytest.mark.parametrize("name", FAULTS)
def test_an_error_has_its_place_and_what_was_expected(name: str):
    elements, faults = FAULTS[name]
    resource = {"resourceType": "Patient", **elements}
    assert not conforms("r4", resource)
    assert sorted((issue.expression, issue.diagnostics) for issue in issues("r4", resource, "")) == sorted(faults)
    with pytest.raises(InvalidResource) as refused:
        check_structure("r4", resource)
    assert refused.value.where == refused.value.issues[0].expression


@pytest.mark.parametrize(
    ("resource", "where"),
    [(None, ""), ([], ""), ("x", ""), ({}, "resourceType"), ({"resourceType": 1}, "resourceType"),
     ({"resourceType": "X"}, "resourceType")],
)  # fmt: skip
def test_what_is_no_resource_has_one_error(resource: Any, where: str):
    (issue,) = issues("r4", resource, "")
    assert issue.expression == where


REQUIRED_CHOICE: Json = {"resourceType": "MedicationRequest", "status": "active", "intent": "order",
                         "subject": {"reference": "Patient/1"}}  # fmt: skip


def test_a_required_choice_is_needed_once():
    (issue,) = issues("r4", REQUIRED_CHOICE, "")
    assert (issue.expression, issue.diagnostics) == ("MedicationRequest.medication", "missing required property")
    assert not conforms("r4", REQUIRED_CHOICE)
    for chosen in ({"medicationReference": {"display": "x"}}, {"medicationCodeableConcept": {"text": "x"}}):
        assert conforms("r4", {**REQUIRED_CHOICE, **chosen})
        assert list(issues("r4", {**REQUIRED_CHOICE, **chosen}, "")) == []


UNMODELLED: list[tuple[Json, list[str]]] = [
    ({"name": "x", "status": [{"a": 1}, None]}, []),
    ({"id": "x", "meta": {"versionId": "1"}, "text": {"status": "generated", "div": "<div/>"}}, []),
    ({"name": ""}, ["name"]),
    ({"name": None}, ["name"]),
    ({"name": {}}, ["name"]),
    ({"name": []}, ["name"]),
    ({"name": [{}]}, ["name[0]"]),
    ({"name": [{"a": [""]}]}, ["name[0].a[0]"]),
    ({"name": "a\x00"}, ["name"]),
    ({"id": 1}, ["id"]),
    ({"meta": {"colour": 1}}, ["meta.colour"]),
]


@pytest.mark.parametrize(("elements", "places"), UNMODELLED)
def test_of_a_type_without_a_model_json_and_the_common_elements_are_checked(elements: Json, places: list[str]):
    resource = {"resourceType": "EffectEvidenceSynthesis", **elements}
    rows = [issue.expression for issue in issues("r4", resource, "")]
    assert rows == [f"EffectEvidenceSynthesis.{place}" for place in places]
    assert not conforms("r4", resource)


def test_so_many_errors_are_listed():
    resource = {"resourceType": "Patient", "name": [{"colour": number} for number in range(MOST_ISSUES + 1)]}
    with pytest.raises(InvalidResource) as refused:
        check_structure("r4", resource)
    assert len(refused.value.issues) == MOST_ISSUES


def test_an_error_inside_a_bundle_has_its_place_there():
    error = InvalidResource((Issue("Patient.name", "a"), Issue("Bundle.entry[1]", "b"), Issue("Patient", "c")))
    moved = error.inside("Bundle.entry[0].resource")
    assert [issue.expression for issue in moved.issues] == [
        "Bundle.entry[0].resource.name", "Bundle.entry[1]", "Bundle.entry[0].resource",
    ]  # fmt: skip
    assert moved.rule == error.rule


BODIES: dict[bytes, str] = {
    b'{"a": 1, "b": 2, "a": 3}': "duplicate key 'a'",
    b'{"a": NaN}': "NaN is not a number",
    b"\xff": "is not UTF-8",
    b"{": "is not JSON",
    b'"\\ud800"': "unpaired surrogate",
    b'["\\uDFFF"]': "unpaired surrogate",
    b"[" * 102 + b"]" * 102: "more than 100 levels",
}


@pytest.mark.parametrize("body", BODIES)
def test_json_with_a_meaning_of_its_own_is_refused(body: bytes):
    with pytest.raises(Unreadable, match=BODIES[body]):
        json.parse(body)


@pytest.mark.parametrize("body", [b'{"a": "\\ud83d\\ude00"}', b"\xef\xbb\xbf{}", b'"\\\\ud800"', b'{"a": 1, "b": 1}'])
def test_other_json_is_read(body: bytes):
    json.parse(body)
    assert json.parse(b'{"a": 1, "a": 2}', allows_duplicate_keys=True) == {"a": 2}


@pytest.mark.parametrize(
    ("tree", "size"), [("ab", 6), (1, 4), ({"abc": "d"}, 4 + 3 + 5), (["a", ["b"]], 4 + 5 + 4 + 5)]
)
def test_a_tree_has_about_as_many_characters_as_its_text(tree: Any, size: int):
    assert json.size_of(tree, 1000) == size
    assert json.size_of(tree, size) == size
    assert json.size_of([tree, tree], 3) == 4
    long: Json = {"a": "x" * 600, "b": [{"c": "d"}] * 600}
    assert json.parse(json.render(long).encode()) == long
    wide = {"a": list(range(json.PIECE + 1))}
    assert json.render(wide, indent=2).count("\n") == json.PIECE + 4
    assert json.render({"a": None}, indent=2) == '{\n  "a": null\n}'
