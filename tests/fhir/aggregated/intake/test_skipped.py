"""Which resources of Customers are skipped, and what they are told.

Source: *Customer Interface Requirements*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5002330131
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.fhir.aggregated.intake import upstream
from sandbox.fhir.aggregated.intake.upstream import MOST_PARTS
from tests.fhir.aggregated.feeds import NHS, RHYS, World, condition, organization, patient
from tests.fhir.aggregated.support import LABEL

Json = dict[str, Any]


def labelled(*codes: str) -> Json:
    return {"meta": {"security": [{"system": LABEL, "code": code} for code in codes]}}


def numbers(*pairs: tuple[str, str]) -> Json:
    return {"identifier": [{"system": system, "value": value} for system, value in pairs]}


SKIPPED: dict[str, tuple[Json, str]] = {
    "an identifier for a reference": (
        condition(subject="p", asserter={"identifier": {"system": "urn:x", "value": "1"}}),
        "reference asserter has only an identifier",
    ),
    "a contained target": (
        condition(contained=[{"resourceType": "Practitioner", "id": "x"}], asserter={"reference": "#x"}),
        "reference #x refers to a contained resource",
    ),
    "a reference by urn": (
        condition(asserter={"reference": "urn:uuid:1"}),
        "reference urn:uuid:1 refers to a resource that is not stored",
    ),
    "a reference by search": (
        condition(asserter={"reference": "Practitioner?name=x"}),
        "reference Practitioner?name=x refers to a resource that is not stored",
    ),
    "nothing there": (condition(subject="q"), "it refers to Patient/q, which is missing or skipped"),
    "a type that is not aggregated": (
        condition(asserter={"reference": "Person/1"}),
        "it refers to Person/1, of a type that is not aggregated",
    ),
    "an identifier without a system": (condition(identifier=[{"value": "1"}]), "identifier has no system"),
    "an identifier without a value": (condition(identifier=[{"system": "urn:x"}]), "identifier has no system"),
    "an identifier within that lacks something": (
        condition(extension=[{"url": "urn:x", "valueIdentifier": {"value": "1"}}]),
        "valueIdentifier has no system or no value",
    ),
    "no patient": (
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Practitioner/d"}},
        "subject must refer to a Patient",
    ),
    "two labels": (condition(**labelled("GENERAL_HEALTH", "SOCIAL_CARE")), "more than one privacy label"),
    "an unknown label": (condition(**labelled("SECRET")), "unknown privacy label SECRET"),
    "too many parts": (
        condition(note=[{"text": "x"}] * MOST_PARTS),
        "it has more than 20,000 parts",
    ),
    "a patient without a number": (patient("p2", **numbers(("urn:x", "1"))), "national identifier or PKB's public id"),
    "a patient with two numbers of a kind": (
        patient("p2", **numbers((NHS, RHYS), (NHS, "9991001379"))),
        "one identifier for each system",
    ),
    "a patient with a wrong number": (patient("p2", number="9991001378"), "9991001378 is not a valid NHS number"),
    "a patient without a source": (
        {key: value for key, value in patient("p2").items() if key != "managingOrganization"},
        "managingOrganization must name the source organisation",
    ),
    "a patient whose source is not there": (
        patient("p2", managingOrganization={"reference": "Organization/none"}),
        "it refers to Organization/none, which is missing or skipped",
    ),
    "an organisation without an identifier": (
        {"resourceType": "Organization", "id": "o2", "name": "x"},
        "an Organization needs an identifier",
    ),
}


@pytest.fixture
def world() -> World:
    """With an organisation, a patient and a practitioner in the R4 feed."""
    world = World()
    assert world.put("r4", organization()) == ""
    assert world.put("r4", patient()) == ""
    assert world.put("r4", {"resourceType": "Practitioner", "id": "d"}) == ""
    return world


@pytest.mark.parametrize(("resource", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_it_is_skipped_with_its_reason(world: World, resource: Json, reason: str) -> None:
    before = world.resources()
    assert reason in world.put("r4", resource)
    assert world.resources() == before


def test_a_resource_with_as_many_parts_as_are_allowed_is_taken(world: World, monkeypatch: pytest.MonkeyPatch):
    resource = condition(note=[{"text": "x"}, {"text": "y"}])
    parts = str(resource).count("{")
    monkeypatch.setattr(upstream, "MOST_PARTS", parts - 1)
    assert f"more than {parts - 1} parts" in world.put("r4", resource)
    monkeypatch.setattr(upstream, "MOST_PARTS", parts)
    assert world.put("r4", {**resource, "note": resource["note"][::-1]}) == ""


TAKEN: dict[str, Json] = {
    "an absolute reference": condition(subject="p", asserter={"reference": "http://epr.example/fhir/Practitioner/d"}),
    "a reference to a version": condition(asserter={"reference": "Practitioner/d/_history/7"}),
    "a reference with words only": condition(asserter={"display": "Dr Bright"}),
    "an unset label": condition(),
    "a device without a patient": {"resourceType": "Device", "id": "x"},
    "a medication without a code": {"resourceType": "Medication", "id": "m"},
}


@pytest.mark.parametrize("resource", TAKEN.values(), ids=TAKEN)
def test_it_is_taken(world: World, resource: Json) -> None:
    assert world.put("r4", resource) == ""
    target = world.target("r4", resource["resourceType"], resource["id"])
    practitioner = world.target("r4", "Practitioner", "d")["id"]
    assert target.get("asserter", {}).get("reference", "") in ("", f"Practitioner/{practitioner}")


def test_a_late_resource_brings_in_its_dependants_and_removes_them_again(world: World) -> None:
    assert world.put("r4", condition(asserter={"reference": "Practitioner/late"})) != ""
    assert not world.resources("Condition")
    world.put("r4", {"resourceType": "Practitioner", "id": "late"})
    assert world.resources("Condition")
    world.delete("r4", "Organization", "org")
    assert not world.resources("Condition"), "without its source the Patient is skipped, and with it all the rest"
    world.put("r4", organization())
    assert world.resources("Condition")


def test_rings_of_references_hold_together(world: World) -> None:
    part = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p"},
    }
    world.put("r4", {**part, "id": "a", "partOf": {"reference": "Encounter/b"}})
    assert not world.resources("Encounter")
    world.put("r4", {**part, "id": "b", "partOf": {"reference": "Encounter/a"}})
    assert len(world.resources("Encounter")) == 2
    world.put(
        "r4", {**part, "id": "b", "partOf": {"reference": "Encounter/a"}, "subject": {"reference": "Patient/none"}}
    )
    assert not world.resources("Encounter")
    world.put("r4", {**part, "id": "b"})
    assert len(world.resources("Encounter")) == 2
