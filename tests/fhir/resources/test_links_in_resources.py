"""The links inside a resource of a transaction: which are replaced, and which are searches; without a server."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.fhir.resources.links import conditional, relinked

Json = dict[str, Any]
UUID, NEW = "urn:uuid:1", "Patient/7"
LINKS = {UUID: NEW, "http://a.test/fhir/Patient/1": "Patient/8"}
BASE = "http://a.test/fhir/"


def observation(**elements: Any) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **elements}


REPLACED: dict[str, tuple[Json, Json]] = {
    "a reference": ({"subject": {"reference": UUID}}, {"subject": {"reference": NEW}}),
    "a reference with a fragment": ({"subject": {"reference": f"{UUID}#a"}}, {"subject": {"reference": f"{NEW}#a"}}),
    "one of a list": (
        {"performer": [{"reference": "Group/1"}, {"reference": UUID}]},
        {"performer": [{"reference": "Group/1"}, {"reference": NEW}]},
    ),
    "a relative reference": ({"subject": {"reference": "Patient/1"}}, {"subject": {"reference": "Patient/8"}}),
    "a uri": ({"extension": [{"url": "u", "valueUri": UUID}]}, {"extension": [{"url": "u", "valueUri": NEW}]}),
    "a url": ({"extension": [{"url": "u", "valueUrl": UUID}]}, {"extension": [{"url": "u", "valueUrl": NEW}]}),
    "a reference in a resource inside": (
        {"contained": [{"resourceType": "Condition", "subject": {"reference": UUID}}]},
        {"contained": [{"resourceType": "Condition", "subject": {"reference": NEW}}]},
    ),
    "a link of a narrative": (
        {"text": {"status": "generated", "div": f"<div><a href='{UUID}'>x</a><img src = \"{UUID}\"/></div>"}},
        {"text": {"status": "generated", "div": f"<div><a href='{NEW}'>x</a><img src = \"{NEW}\"/></div>"}},
    ),
    "one of two links of a narrative": (
        {"text": {"div": f"<a href='Patient/9'>x</a><img src='{UUID}'/><img src='#a'/>"}},
        {"text": {"div": f"<a href='Patient/9'>x</a><img src='{NEW}'/><img src='#a'/>"}},
    ),
}
KEPT: dict[str, Json] = {
    "another reference": {"subject": {"reference": "Patient/9"}},
    "a fragment": {"subject": {"reference": "#a"}},
    "an empty reference": {"subject": {"reference": ""}},
    "a text": {"note": [{"text": UUID}]},
    "a display": {"subject": {"display": UUID}},
    "a code": {"code": {"coding": [{"code": UUID}]}},
    "a canonical": {"extension": [{"url": "u", "valueCanonical": UUID}]},
    "an unknown element": {"colour": UUID},
    "no object": {"subject": UUID},
    "a number": {"valueInteger": 1},
}


@pytest.mark.parametrize("name", REPLACED)
def test_a_link_to_another_entry_becomes_one_to_its_resource(name: str):
    before, after = REPLACED[name]
    resource = observation(**before)
    assert relinked("r4", resource, LINKS, BASE) == observation(**after)
    assert resource == observation(**before), "what came is left alone"


@pytest.mark.parametrize("name", KEPT)
def test_anything_else_stays_the_same_object(name: str):
    resource = observation(**KEPT[name])
    assert relinked("r4", resource, LINKS, BASE) is resource


def test_a_relative_reference_is_relative_to_the_entry_s_own_address():
    resource = observation(subject={"reference": "Patient/1"})
    assert relinked("r4", resource, LINKS) is resource
    assert relinked("r4", resource, {"": "Patient/9", "x": "y"}, "x") is resource


@pytest.mark.parametrize("reference", ["", "#a"])
def test_a_reference_without_an_address_does_not_lead_to_the_base(reference: str):
    resource = observation(subject={"reference": reference})
    assert relinked("r4", resource, {BASE: "Patient/9"}, BASE) is resource


@pytest.mark.parametrize("resource", [None, "x", [UUID], 1])
def test_what_is_no_resource_is_left_alone(resource: Any):
    assert relinked("r4", resource, LINKS, BASE) is resource
    assert list(conditional("r4", resource, ())) == []


def test_of_a_type_without_a_model_links_are_known_by_their_names():
    resource = {
        "resourceType": "EffectEvidenceSynthesis",
        "topic": [{"reference": UUID, "name": UUID, "someUrl": UUID}],
    }
    unknown = {"resourceType": "Nothing", "topic": {"reference": UUID, "url": UUID, "title": UUID}}
    assert relinked("r4", resource, LINKS, BASE)["topic"] == [{"reference": NEW, "name": UUID, "someUrl": NEW}]
    assert relinked("r4", unknown, LINKS, BASE)["topic"] == {"reference": NEW, "url": NEW, "title": UUID}


MOUNTS = ("http://a.test/fhir", "/fhir")
QUERY = "Patient?identifier=s|1"


@pytest.mark.parametrize(
    ("reference", "query"),
    [
        (QUERY, QUERY),
        (f"http://a.test/fhir/{QUERY}", QUERY),
        (f"/fhir/{QUERY}", QUERY),
        (f"/fhir//{QUERY}", QUERY),
        (f"/{QUERY}", ""),
        (f"http://b.test/fhir/{QUERY}", ""),
        ("Patient?", ""),
        ("Patient/1", ""),
        ("urn:x?y", ""),
        (1, ""),
    ],
)
def test_a_reference_may_be_a_search(reference: Any, query: str):
    expected = [(reference, query)] if query else []
    for resource in (
        observation(subject={"reference": reference}),
        observation(performer=[{"reference": "Group/1"}, {"reference": reference}]),
        observation(contained=[{"resourceType": "Condition", "subject": {"reference": reference}}]),
    ):
        assert list(conditional("r4", resource, MOUNTS)) == expected


def test_a_search_elsewhere_than_in_a_reference_is_a_text():
    resource = observation(note=[{"text": QUERY}], valueString="?", extension=[{"url": "u", "valueUri": QUERY}])
    assert list(conditional("r4", resource, MOUNTS)) == []
    twice = observation(subject={"reference": QUERY}, focus=[{"reference": QUERY}])
    assert list(conditional("r4", twice, MOUNTS)) == [(QUERY, QUERY)]


def test_of_a_type_without_a_model_only_members_named_reference_are_searches():
    unknown = {"resourceType": "Nothing", "topic": {"reference": QUERY, "url": f"{QUERY}1", "title": f"{QUERY}2"}}
    assert list(conditional("r4", unknown, MOUNTS)) == [(QUERY, QUERY)]
