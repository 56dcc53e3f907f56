"""Aggregated never holds two people in one: a Customer's Patient that would join two records of PKB is skipped.

Source: *Aggregated Data*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5001904159
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.intake import sync
from sandbox.model import Identifier, Patient, Upstream
from tests.fhir.aggregated.feeds import NHS, NOBODY, RHYS, TOLA, World, condition, organization
from tests.fhir.aggregated.support import PUBLIC_ID, Aggregated, by, feed
from tests.support import Client

Json = dict[str, Any]
CHI, IHI = "urn:oid:2.16.840.1.113883.2.1.3.2.4.16.53", "http://ns.electronichealth.net.au/id/hi/ihi/1.0"
X, Y = "0101900007", "1234567890"
"""A number of each of these systems that no record has."""

IDRIS, CEDRIC = "9991002758", "9991005498"


def numbered(id_: str, *numbers: tuple[str, str]) -> Json:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": system, "value": value} for system, value in numbers],
        "managingOrganization": {"reference": "Organization/org"},
        "name": [{"family": f"Of-{id_}"}],
    }


@pytest.fixture
def world() -> World:
    """With an organisation in each feed."""
    world = World()
    for name, code in (("stu3", "RNM99"), ("r4", "REG88")):
        assert world.put(name, organization(code=code)) == ""
    return world


def record(world: World, number: str) -> Patient:
    (patient,) = world.store.find(Patient, "identifier", ("NHS", number))
    return patient


def of(world: World, number: str) -> Json | None:
    """The aggregated Patient of a record, if it is there."""
    return world.resources("Patient").get(f"Patient/{aggregated_id(record(world, number).id)}")


def families(world: World, number: str) -> set[str]:
    """The families that Customers gave to the aggregated Patient of a record."""
    merged = of(world, number)
    names = [name["family"] for name in merged["name"]] if merged is not None else []
    return {name for name in names if name.startswith("Of-")}


def numbers(world: World, number: str) -> set[str]:
    merged = of(world, number)
    return {identifier["value"] for identifier in merged["identifier"]} if merged is not None else set()


def test_a_patient_with_the_numbers_of_two_records_is_skipped_with_what_refers_to_it(world: World) -> None:
    tola = record(world, TOLA)
    reason = world.put("r4", numbered("p", (NHS, RHYS), (PUBLIC_ID, tola.id)))
    assert reason == f"its identifiers of {NHS} and {PUBLIC_ID} belong to two different patients"
    assert RHYS not in reason
    assert tola.id not in reason
    assert "Patient/p, which is missing or skipped" in world.put("r4", condition())
    assert not world.resources("Patient", "Condition")


def test_it_comes_in_when_the_conflict_is_gone(world: World) -> None:
    tola = record(world, TOLA)
    world.put("r4", numbered("p", (NHS, RHYS), (PUBLIC_ID, tola.id)))
    world.put("r4", condition())
    assert world.put("r4", numbered("p", (NHS, TOLA), (PUBLIC_ID, tola.id)), 1) == ""
    assert families(world, TOLA) == {"Of-p"}
    (merged,) = world.resources("Condition").values()
    assert merged["subject"] == {"reference": f"Patient/{aggregated_id(tola.id)}"}
    assert of(world, RHYS) is None


def test_two_feeds_that_chain_two_records_do_not_join_them(world: World) -> None:
    rhys = record(world, RHYS)
    assert world.put("stu3", numbered("a", (NHS, TOLA), (CHI, X)), 1) == ""
    reason = world.put("r4", numbered("b", (CHI, X), (PUBLIC_ID, rhys.id)), 2)
    assert reason == f"its identifiers of {CHI} and {PUBLIC_ID} belong to two different patients"
    assert (families(world, TOLA), of(world, RHYS)) == ({"Of-a"}, None)
    assert rhys.id not in numbers(world, TOLA)
    world.delete("stu3", "Patient", "a")
    assert (families(world, TOLA), families(world, RHYS)) == (set(), {"Of-b"})
    assert world.put("stu3", numbered("a", (NHS, TOLA), (CHI, X)), 3) != "", "the bridge stands elsewhere now"
    world.delete("r4", "Patient", "b")
    assert (families(world, TOLA), families(world, RHYS)) == ({"Of-a"}, set())


def test_longer_chains_do_not_join_records_either(world: World) -> None:
    assert world.put("stu3", numbered("m", (CHI, X), (IHI, Y)), 1) == ""
    assert world.put("stu3", numbered("a", (NHS, TOLA), (CHI, X)), 2) == ""
    assert families(world, TOLA) == {"Of-a", "Of-m"}
    assert world.put("r4", numbered("b", (NHS, RHYS), (IHI, Y)), 3) != ""
    assert world.put("r4", numbered("c", (NHS, RHYS)), 4) == "", "another feed's conflict is not this one's"
    assert (families(world, TOLA), families(world, RHYS)) == ({"Of-a", "Of-m"}, {"Of-c"})
    world.delete("stu3", "Patient", "m")
    assert (families(world, TOLA), families(world, RHYS)) == ({"Of-a"}, {"Of-b", "Of-c"})


def test_numbers_that_a_record_gains_or_loses_later_count_at_once(world: World) -> None:
    world.put("r4", numbered("p", (NHS, RHYS), (CHI, X)), 1)
    world.put("r4", condition(), 1)
    assert families(world, RHYS) == {"Of-p"}
    tola = record(world, TOLA)
    more = (*tola.identifiers, Identifier(type="CHI", value=X))
    world.store.put(replace(tola, identifiers=more, updated_at=world.now))
    row = world.store.get(Upstream, "eastgate-r4/Patient/p")
    assert (row.target, row.reason) == ("", f"its identifiers of {NHS} and {CHI} belong to two different patients")
    assert families(world, RHYS) == set()
    assert not world.resources("Condition")
    rhys = record(world, RHYS)
    fewer = tuple(identifier for identifier in rhys.identifiers if identifier.type != "NHS")
    world.store.put(replace(rhys, identifiers=fewer, updated_at=world.now))
    assert families(world, TOLA) == {"Of-p"}
    assert world.resources("Condition")


def test_a_record_that_comes_later_takes_what_waits_for_it(world: World) -> None:
    world.put("r4", numbered("p", (NHS, NOBODY), (CHI, X)), 1)
    (waiting,) = world.resources("Patient")
    tola = record(world, TOLA)
    newcomer = replace(tola, id="11111111-2222-4333-8444-555555555555", identifiers=(Identifier(type="CHI", value=X),))
    world.store.put(newcomer)
    assert set(world.resources("Patient")) == {f"Patient/{aggregated_id(newcomer.id)}"} != {waiting}
    assert world.store.get(Upstream, "eastgate-r4/Patient/p").reason == ""


def test_two_records_with_one_number_stay_two(world: World) -> None:
    tola, rhys = record(world, TOLA), record(world, RHYS)
    world.store.put(replace(rhys, identifiers=tola.identifiers))
    sync.map_patients(world.store, [tola, world.store.get(Patient, rhys.id)], world.now, all_mapped=False)
    assert len(world.resources("Patient")) == 2
    reason = world.put("r4", numbered("p", (NHS, TOLA)), 1)
    assert reason == f"its identifier of {NHS} belongs to two different patients"
    assert world.put("r4", numbered("p", (PUBLIC_ID, rhys.id)), 2) == ""


def test_the_id_of_a_record_is_its_own_and_other_groups_keep_theirs(world: World) -> None:
    world.put("r4", numbered("p", (NHS, NOBODY)), 1)
    (first,) = world.resources("Patient")
    world.put("r4", numbered("p", (NHS, NOBODY), (IHI, Y), (CHI, X)), 2)
    assert set(world.resources("Patient")) == {first}
    world.put("stu3", numbered("q", (CHI, X)), 3)
    assert set(world.resources("Patient")) == {first}, "a group keeps the id of its oldest Patient"
    world.delete("r4", "Patient", "p")
    assert set(world.resources("Patient")) == {first}
    world.put("r4", numbered("p", (NHS, NOBODY)), 4)
    assert len(world.resources("Patient")) == 2, "the first key belongs to a group of its own again"
    world.put("r4", numbered("r", (NHS, TOLA), (PUBLIC_ID, record(world, TOLA).id)), 5)
    assert of(world, TOLA) is not None


def explained(pkb: Client, response: Any) -> str:
    text: str = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["expected"]
    return text


def test_over_the_wire_a_patient_of_two_people_reveals_neither_to_the_other(pkb: Client) -> None:
    """Northmoor knows Tola and not Cedric, who is with Eastgate."""
    tola = next(patient["id"] for patient in pkb.control("/world")["patients"] if patient["nhs_number"] == TOLA)
    northmoor, eastgate = Aggregated(pkb), Aggregated(pkb, "eastgate-fhir")
    before = {
        type_: (northmoor.of(type_, TOLA), eastgate.of(type_, CEDRIC))
        for type_ in ("Patient", "Condition", "Appointment")
    }
    endpoint = feed(pkb, "northmoor-r4")
    response = endpoint.ask("PUT", "/Patient/p", numbered("p", (NHS, CEDRIC), (PUBLIC_ID, tola)))
    assert response.status_code == 201
    assert explained(pkb, response) == (
        f"Patient/p is not in Aggregated: its identifiers of {NHS} and {PUBLIC_ID} belong to two different patients"
    )
    response = endpoint.ask("PUT", "/Condition/c", condition())
    assert "it refers to Patient/p, which is missing or skipped" in explained(pkb, response)
    after = {type_: (northmoor.of(type_, TOLA), eastgate.of(type_, CEDRIC)) for type_ in before}
    assert after == before
    for type_ in before:
        assert northmoor.of(type_, CEDRIC) == []
        assert eastgate.of(type_, TOLA) == []
    assert northmoor.search(f"/Patient?identifier={by(tola, PUBLIC_ID)}&_revinclude=Condition:subject")
    assert northmoor.search(f"/Patient?_has:Condition:subject:_id=x&identifier={by(CEDRIC)}") == []


def test_over_the_wire_a_bundle_is_told_of_each_patient_that_is_skipped(pkb: Client) -> None:
    tola = next(patient["id"] for patient in pkb.control("/world")["patients"] if patient["nhs_number"] == TOLA)
    endpoint = feed(pkb, "northmoor-r4")
    both = [numbered("a", (NHS, IDRIS), (PUBLIC_ID, tola)), numbered("b", (NHS, TOLA))]
    entries = [
        {"resource": resource, "request": {"method": "PUT", "url": f"Patient/{resource['id']}"}} for resource in both
    ]
    response = endpoint.ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert response.status_code == 200, response.text
    assert "Patient/a is not in Aggregated: its identifiers of" in explained(pkb, response)
    assert "Patient/b" not in explained(pkb, response)
    (patient,) = Aggregated(pkb).of("Patient", TOLA)
    assert [name["family"] for name in patient["name"]].count("Of-b") == 1
