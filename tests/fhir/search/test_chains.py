"""Chained parameters and `_has`: https://hl7.org/fhir/R4/search.html#chaining"""

from __future__ import annotations

import pytest

from sandbox.errors import Invalid
from tests.fhir.search.world import World, ward


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("Observation?subject:Patient.family=allen", ["o1", "o2"]),
        ("Observation?subject.family=allen", ["o1", "o2"]),
        ("Observation?patient.family=baker", ["o3"]),
        ("Observation?subject:Patient.family=allen,baker&status=final", ["o1", "o3"]),
        ("Observation?subject:Patient.general-practitioner.family=evans", ["o1", "o2"]),
        ("Observation?patient.organization.partof.name=nhs", ["o1", "o2"]),
        ("Observation?patient.organization.partof.partof.name=northmoor", ["o1", "o2"]),
        ("Observation?subject:Patient.birthdate:missing=false", ["o1", "o2", "o3"]),
        ("Observation?subject:Patient._id=bob", ["o3"]),
        ("Observation?subject:Patient.family=nobody", []),
        ("Patient?_has:Observation:patient:status=final", ["ann", "bob"]),
        ("Patient?_has:Observation:patient:code=x", ["ann"]),
        ("Patient?_has:Observation:subject:code=y&_has:Observation:subject:status=final", ["ann", "bob"]),
        ("Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=x", ["gp"]),
        ("Practitioner?_has:Patient:general-practitioner:family=baker", []),
        ("Observation?subject:Patient._has:Observation:patient:code=x", ["o1", "o2"]),
        ("Organization?_has:Patient:organization:general-practitioner.family=evans", ["trust"]),
    ],
)
def test_a_chain_finds_what_its_target_matches(question: str, ids: list[str]):
    assert sorted(ward().ids(question)) == ids


@pytest.mark.parametrize(
    "question",
    [
        "Observation?subject:Patient.colour=red",
        "Observation?status.name=x",
        "Observation?subject:Organization.name=x",
        "Observation?subject:Nothing.name=x",
        "Patient?_has:Observation:patient=x",
        "Patient?_has:Observation:colour:code=x",
        "Patient?_has:Observation:patient:colour=x",
        "Patient?_has:Nothing:patient:code=x",
        "Practitioner?_has:Observation:patient:code=x",
        f"Organization?{'.'.join(['partof'] * 7)}.name=x",
        f"Patient?{'_has:Observation:patient:subject:Patient.' * 9}family=x",
    ],
)
def test_a_chain_that_leads_nowhere_is_refused(question: str):
    with pytest.raises(Invalid):
        ward().search(question)


@pytest.mark.parametrize(
    "question",
    [
        "Basic?subject.subject.subject.name=x",
        "&".join(["Observation?subject:Patient.name=x", *["subject:Patient.name=x"] * 60]),
    ],
    ids=["of many types", "many"],
)
def test_chains_have_a_bound_in_all(question: str):
    with pytest.raises(Invalid, match="at most"):
        World().search(question)


def test_a_step_that_leads_to_any_type_takes_those_that_can_be_searched():
    world = ward().put({"resourceType": "Provenance", "id": "p", "target": [{"reference": "Observation/o1"}]})
    assert world.ids("Provenance?target.subject.family=allen") == ["p"]
    assert world.ids("Provenance?target.subject.family=baker") == []
