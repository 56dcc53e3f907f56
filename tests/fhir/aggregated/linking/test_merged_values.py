"""What a merged resource has of each of its sources, and how references are read and rewritten; without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.intake.labels import label_of
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID, copied_id
from sandbox.fhir.aggregated.linking.merge import Part, merge_keys, merged_resource
from sandbox.fhir.aggregated.references import (
    Unaggregated,
    at_path,
    check_identifiers,
    check_references,
    objects,
    referred_names,
    relative_reference,
    rewrite_references,
)
from sandbox.fhir.base.json import parse_stored, render
from tests.fhir.aggregated.feeds import NHS
from tests.fhir.aggregated.support import LABEL

Json = dict[str, Any]
START = datetime(2026, 3, 1, tzinfo=UTC)


def merge(*resources: Json, before: Json | None = None, type_: str = "Patient", minutes: str = "0123") -> Json:
    """Merge resources, each updated so many minutes after the start; the later ones are newer."""
    parts = [
        Part(str(number), START + timedelta(minutes=int(minutes[number])), {"resourceType": type_, **resource})
        for number, resource in enumerate(resources)
    ]
    return {name: value for name, value in merged_resource(parts, before).items() if name != "resourceType"}


OLD, NEW = {"system": "s", "value": "1", "use": "old"}, {"system": "s", "value": "1", "use": "usual"}
OTHER = {"system": "s", "value": "2"}
MERGES: dict[str, tuple[list[Json], Json]] = {
    "a single value of the newest": ([{"gender": "male"}, {"gender": "female"}], {"gender": "female"}),
    "a single value of the only one": ([{"gender": "male"}, {}], {"gender": "male"}),
    "a choice of the newest": ([{"deceasedBoolean": True}, {"deceasedDateTime": "2020"}], {"deceasedDateTime": "2020"}),
    "lists, the newest first": ([{"name": [1]}, {"name": [2, 3]}], {"name": [2, 3, 1]}),
    "equal identifiers once": ([{"identifier": [OTHER, OLD]}, {"identifier": [NEW]}], {"identifier": [NEW, OTHER]}),
    "an extension for each url": (
        [{"extension": [{"url": "a", "v": 1}, {"url": "b", "v": 1}]},
         {"extension": [{"url": "a", "v": 2}, {"url": "c", "v": 2}, {"url": "c", "v": 3}]}],
        {"extension": [{"url": "a", "v": 2}, {"url": "c", "v": 2}, {"url": "b", "v": 1}]},
    ),
    "nothing of one source alone": (
        [{"id": "1", "meta": {}, "contained": [1], "implicitRules": "x", "managingOrganization": {}, "_gender": {}}],
        {},
    ),
    "no empty list": ([{"name": []}], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGES)
def test_a_merged_resource_has_something_of_each_source(name: str):
    resources, whole = MERGES[name]
    assert merge(*resources) == whole


def test_of_two_at_the_same_time_the_higher_id_is_newer():
    assert merge({"gender": "male"}, {"gender": "female"}, minutes="00") == {"gender": "female"}
    assert merge({"gender": "male"}, {"gender": "female"}, minutes="10") == {"gender": "male"}


def test_an_organisation_keeps_its_identifiers_as_they_were():
    earlier = {"identifier": [OLD]}
    assert merge({"identifier": [NEW, OTHER]}, type_="Organization", before=earlier) == {"identifier": [OLD, OTHER]}
    assert merge({"identifier": [NEW]}, type_="Organization") == {"identifier": [NEW]}
    assert merge({"identifier": [NEW]}, before=earlier) == {"identifier": [NEW]}
    assert merge({"name": "x"}, type_="Organization", before=earlier) == {"name": "x"}


def test_codings_of_a_medication_have_no_extensions():
    coded = {"code": {"text": "t", "coding": [{"code": "c", "extension": [1]}]}}
    assert merge(coded, type_="Medication") == {"code": {"text": "t", "coding": [{"code": "c"}]}}
    assert merge(coded) == coded
    assert merge({"code": {"text": "t"}}, type_="Medication") == {"code": {"text": "t"}}
    assert merge({}, type_="Medication") == {}


KEYS: list[tuple[Json, tuple[str, ...]]] = [
    ({"resourceType": "Organization", "identifier": [OTHER, OTHER]}, ("s|2",)),
    ({"resourceType": "Organization"}, ()),
    ({"resourceType": "Medication", "code": {"coding": [{"code": "c"}, {"system": "s"}]}}, ("|c",)),
    ({"resourceType": "Medication"}, ()),
    ({"resourceType": "Patient", "identifier": [OTHER, {"system": NHS, "value": "1"}]}, (f"{NHS}|1",)),
    ({"resourceType": "Patient", "identifier": [{"system": PUBLIC_ID[1], "value": "A"}]}, (f"{PUBLIC_ID[0]}|a",)),
]


@pytest.mark.parametrize(("resource", "expected"), KEYS)
def test_resources_with_a_common_key_merge(resource: Json, expected: tuple[str, ...]):
    assert merge_keys(resource) == expected


def test_a_copy_of_pkb_s_own_data_has_the_id_of_its_record():
    assert copied_id("pkb/Condition/c") == aggregated_id("c")
    assert copied_id("feed/Condition/c") == copied_id("feed/Condition/c") != aggregated_id("c")
    assert copied_id("feed/Condition/c") != copied_id("other/Condition/c")


@pytest.mark.parametrize(
    ("reference", "target"),
    [("Patient/1", "Patient/1"), ("http://x.test/fhir/Patient/1/_history/2", "Patient/1"), ("#1", None),
     ("urn:1", None)],
)  # fmt: skip
def test_a_reference_leads_to_a_stored_resource(reference: str, target: str | None):
    if target is None:
        with pytest.raises(Unaggregated, match="contained" if reference == "#1" else "not stored"):
            relative_reference(reference)
    else:
        assert relative_reference(reference) == target


ANSWER: Json = {
    "questionnaire": "Questionnaire/q",
    "subject": {"reference": "http://x.test/Patient/1"},
    "item": [{"subject": {"reference": "Patient/1"}}, {"author": {"reference": "Group/2", "display": "Patient/3"}}],
}


def test_every_reference_is_read_once_and_rewritten_everywhere():
    assert referred_names(ANSWER) == ("Patient/1", "Group/2", "Questionnaire/q")
    assert referred_names({"questionnaire": "http://x.test/Questionnaire/q", "subject": {"reference": 1}}) == ()
    copy = parse_stored(rewrite_references(render(ANSWER), lambda target: f"<{target}>"))
    assert copy == {
        "questionnaire": "<Questionnaire/q>",
        "subject": {"reference": "<Patient/1>"},
        "item": [{"subject": {"reference": "<Patient/1>"}},
                 {"author": {"reference": "<Group/2>", "display": "Patient/3"}}],
    }  # fmt: skip
    kept: Json = {"a": {"reference": "#1"}, "questionnaire": "http://q", "n": [1, None], "b": {"questionnaire": 2}}
    assert parse_stored(rewrite_references(render(kept), lambda target: "x")) == kept


def test_references_at_a_path_come_in_their_order():
    resource = {"participant": [{"actor": {"reference": "a"}}, {"actor": {"display": "x"}}, "y"], "actor": {}}
    assert at_path(resource, "participant.actor") == ["a"]
    assert at_path({"subject": {"reference": "b"}}, "subject") == ["b"]
    assert at_path({"subject": {"reference": 1}}, "subject") == at_path({}, "subject") == []


def test_a_reference_with_only_an_identifier_leads_nowhere():
    check_references(objects({"subject": {"identifier": OTHER, "reference": "Patient/1"}, "x": {"display": "y"}}))
    check_references(objects({"subject": {"identifier": "x"}, "contact": {"identifier": OTHER, "name": "y"}}))
    for beside in ({}, {"display": "x"}, {"type": "Patient", "id": "1"}):
        with pytest.raises(Unaggregated, match="subject has only an identifier"):
            check_references(objects({"a": [{"subject": {"identifier": OTHER, **beside}}]}))


@pytest.mark.parametrize("name", ["identifier", "valueIdentifier", "requisition"])
def test_an_identifier_anywhere_is_complete(name: str):
    check_identifiers(objects({"a": {name: OTHER}, "b": {"value": "x"}, "identifier": ["x"]}))
    for incomplete in ({"system": "s"}, {"value": "v"}, {"system": "", "value": "v"}):
        with pytest.raises(Unaggregated, match=f"{name} has no system or no value"):
            check_identifiers(objects({"a": [{name: incomplete}]}))
    with pytest.raises(Unaggregated):
        check_identifiers(objects({"identifier": [OTHER, {"system": "s"}]}))


MAPPING = {"s": {"c": "SOCIAL_CARE"}}
LABELS: list[tuple[Json, str]] = [
    ({"meta": {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}, {"code": "x"}]}}, "GENERAL_HEALTH"),
    ({"code": {"coding": [{"system": "t", "code": "c"}, {"system": "s", "code": "c"}]}}, "SOCIAL_CARE"),
    ({"code": {"coding": [{"system": "s", "code": "d"}]}}, ""),
    ({"code": "c"}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("resource", "label"), LABELS)
def test_a_label_is_the_resource_s_own_or_that_of_its_code(resource: Json, label: str):
    assert label_of(resource, MAPPING) == label


@pytest.mark.parametrize("codes", [("GENERAL_HEALTH", "SOCIAL_CARE"), ("x",)])
def test_two_labels_or_an_unknown_one_are_refused(codes: tuple[str, ...]):
    with pytest.raises(Unaggregated):
        label_of({"meta": {"security": [{"system": LABEL, "code": code} for code in codes]}}, MAPPING)
