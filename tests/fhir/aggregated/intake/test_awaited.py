"""Which waiting resources a question can touch: those about its record, with its number or text, or all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.intake import awaited
from sandbox.fhir.aggregated.intake.backlog import add_waiting, remove_waiting, take_in
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.model import Resource, Waiting
from tests.fhir.aggregated.feeds import NHS, RHYS, START, TOLA, World, condition, organization, patient

Json = dict[str, Any]
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
LOCAL = {"system": "urn:ward", "value": "É 17"}
OWN = {"system": NHS, "value": TOLA}
TOLAS, ALL = frozenset({"Patient/tola", "Condition/c"}), None


class Start:
    """A world with resources of Eastgate's feed that wait: Tola, a condition of hers, and somebody unknown."""

    def __init__(self) -> None:
        self.world = World()
        self.store = self.world.store
        self.wait(organization(code="REG88"))
        self.wait(patient("tola", TOLA, identifier=[OWN, LOCAL]))
        self.wait(patient("public", identifier=[{"system": PUBLIC_ID[1], "value": "AB12"}]))
        self.wait(condition("c", "tola"))
        self.wait(condition("other", "public"))

    def wait(self, resource: Json) -> None:
        row = Resource(
            endpoint="eastgate-r4",
            type=resource["resourceType"],
            logical_id=resource["id"],
            version=1,
            created_at=START,
            updated_at=START,
            method="PUT",
            text=json.dumps(resource, ensure_ascii=False, separators=(",", ":")),
        )
        self.store.put(row)
        add_waiting(self.store, row)


def names(entries: Iterable[Waiting] | None) -> frozenset[str] | None:
    return None if entries is None else frozenset(entry.id.removeprefix("eastgate-r4/") for entry in entries)


@pytest.mark.parametrize(
    ("records", "expected"),
    [([TOLA_ID], TOLAS), ([TOLA_ID, "nobody"], TOLAS), (["nobody"], frozenset()), ([], frozenset())],
)
def test_what_waits_about_a_record_is_its_patients_and_what_refers_to_them(
    records: list[str], expected: frozenset[str]
):
    assert names(awaited.of_records(Start().store, records)) == expected


def test_what_refers_to_a_patient_that_is_linked_already_waits_about_the_record():
    start = Start()
    start.world.put("r4", organization(code="REG88"))
    start.world.put("r4", patient("tola", TOLA))
    remove_waiting(start.store, "eastgate-r4/Patient/tola")
    assert names(awaited.of_records(start.store, [TOLA_ID])) == frozenset({"Condition/c"})


PUBLIC = frozenset({"Patient/public"})
VALUES: dict[str, tuple[str, str, Any, frozenset[str] | None]] = {
    "a national number": ("Patient", "identifier", TOLA, TOLAS),
    "another number": ("Patient", "identifier", RHYS, frozenset()),
    "a number of its own, to the letter": ("Patient", "identifier", "É 17", frozenset({"Patient/tola"})),
    "a number of its own, otherwise": ("Patient", "identifier", "é 17", frozenset()),
    "a public id": ("Patient", "identifier", "ab12", PUBLIC),
    "a public id in capitals": ("Patient", "identifier", "AB12", PUBLIC),
    "a public id of a record": ("Patient", "identifier", TOLA_ID.upper(), TOLAS),
    "a system": ("Patient", "identifier", (NHS,), ALL),
    "another parameter of patients": ("Patient", "family", "x", ALL),
    "a reference to a record": ("Condition", "subject", aggregated_id(TOLA_ID), TOLAS),
    "a whole reference to a record": ("Condition", "subject", f"Patient/{aggregated_id(TOLA_ID)}", TOLAS),
    "a reference by identifier": ("Condition", "subject:identifier", aggregated_id(TOLA_ID), TOLAS),
    "a reference to nothing known": ("Condition", "subject", "unknown", ALL),
    "a number of a condition": ("Condition", "identifier", TOLA, ALL),
    "an unknown parameter": ("Condition", "colour", aggregated_id(TOLA_ID), ALL),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_awaited_of_what_could_have_it(name: str):
    type_, parameter, key, expected = VALUES[name]
    assert names(awaited.with_value(Start().store, type_, parameter, key)) == expected


def test_a_resource_is_awaited_of_its_record_or_of_everything():
    start = Start()
    record = aggregated_id(TOLA_ID)
    assert names(awaited.of_resource(start.store, "Patient", record, is_stored=False)) == TOLAS
    assert names(awaited.of_resource(start.store, "Patient", record, is_stored=True)) == TOLAS
    assert awaited.of_resource(start.store, "Patient", "unknown", is_stored=False) is ALL
    assert awaited.of_resource(start.store, "Patient", "unknown", is_stored=True) == ()
    assert awaited.of_resource(start.store, "Condition", "unknown", is_stored=False) is ALL
    assert awaited.of_resource(start.store, "Condition", "unknown", is_stored=True) == ()


def test_what_is_taken_in_waits_no_more_and_brings_what_it_needs():
    start = Start()
    entry = start.store.get(Waiting, "eastgate-r4/Condition/c")
    take_in(start.store, [entry], START)
    assert names(start.store.all(Waiting)) == frozenset({"Patient/public", "Condition/other"})
    assert start.world.target("r4", "Condition", "c")["subject"] == {"reference": f"Patient/{aggregated_id(TOLA_ID)}"}


def test_only_a_resource_that_no_patient_shows_may_be_shown_by_what_waits():
    start = Start()
    start.world.put("r4", organization(code="REG88"))
    start.world.put("r4", patient("tola", TOLA))
    organisation = start.world.target("r4", "Organization", "org")["id"]
    assert awaited.may_show(start.store, f"Organization/{organisation}")
    assert not awaited.may_show(start.store, f"Patient/{aggregated_id(TOLA_ID)}")
    assert not awaited.may_show(start.store, "Organization/unknown")
