"""Which records a question can touch before they are mapped: by a number, an id or a reference, or any record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.intake import unmapped
from sandbox.fhir.aggregated.intake.unmapped import Needs
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.model import BusinessIdentifier, Code, Diagnosis, Patient, QuestionnaireRequest, Source, Waiting
from tests.fhir.aggregated.feeds import NHS, TOLA, World

AT = datetime(2026, 3, 1, tzinfo=UTC)
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
RECORD, REQUEST = aggregated_id(TOLA_ID), aggregated_id("request")
COMMON: dict[str, Any] = {"patient": TOLA_ID, "source": Source(), "entered_at": AT, "persisted_at": AT}
HERS, NOBODY, ANY = {TOLA_ID}, set[str](), None


@pytest.fixture(scope="module")
def world() -> World:
    """A diagnosis with the sender's id, and a request with the caller's identifier."""
    world = World(number=8)
    world.store.put(Diagnosis(id="d", diagnosis=Code(text="x"), external_id="e1", **COMMON))
    identifier = BusinessIdentifier(system="urn:campaign", value="7")
    world.store.put(
        QuestionnaireRequest(id="request", questionnaire="q", requestor="u", at=AT, identifier=identifier, **COMMON)
    )
    return world


VALUES: dict[str, tuple[str, str, Any, set[str] | None]] = {
    "a number": ("Patient", "identifier", TOLA, HERS),
    "no such number": ("Patient", "identifier", "9990000018", NOBODY),
    "a public id": ("Patient", "identifier", TOLA_ID, HERS),
    "a public id in capitals": ("Patient", "identifier", TOLA_ID.upper(), HERS),
    "the system of public ids": ("Patient", "identifier", (PUBLIC_ID[0],), ANY),
    "the older system of public ids": ("Patient", "identifier", (PUBLIC_ID[1],), ANY),
    "an unknown system": ("Patient", "identifier", ("urn:uuid:none",), NOBODY),
    "another parameter of a patient": ("Patient", "family", "x", ANY),
    "a reference of a patient": ("Patient", "general-practitioner", "x", NOBODY),
    "the sender's id": ("Condition", "identifier", "e1", HERS),
    "another's id": ("Condition", "identifier", "e2", NOBODY),
    "a system of senders": ("Condition", "identifier", ("urn:x",), NOBODY),
    "the subject": ("Condition", "subject", RECORD, HERS),
    "the patient": ("Condition", "patient", RECORD, HERS),
    "the subject by identifier": ("Condition", "subject:identifier", TOLA, NOBODY),
    "a system of subjects": ("Condition", "subject", ("x",), NOBODY),
    "an unknown subject": ("Condition", "subject", "x", NOBODY),
    "a reference that conditions do not have": ("Condition", "encounter", "x", NOBODY),
    "the actor": ("Appointment", "actor", RECORD, HERS),
    "a request": ("QuestionnaireResponse", "based-on", REQUEST, HERS),
    "an unknown request": ("QuestionnaireResponse", "based-on", "x", NOBODY),
    "any reference": ("ServiceRequest", "requester", "x", ANY),
    "a code": ("Condition", "code", "x", ANY),
    "an unknown parameter": ("Condition", "colour", "x", ANY),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_leads_to_the_records_that_could_have_it(world: World, name: str):
    type_, parameter, key, expected = VALUES[name]
    records = unmapped.with_value(world.store, type_, parameter, key)
    assert (None if records is None else set(records)) == expected


def test_the_system_of_a_number_leads_to_those_who_have_one(world: World):
    everyone = {patient.id for patient in world.store.all(Patient)}
    with_nhs = set(unmapped.with_value(world.store, "Patient", "identifier", (NHS,)) or ())
    assert TOLA_ID in with_nhs <= everyone
    local = next(each.type for patient in world.store.all(Patient) for each in patient.identifiers if "-" in each.type)
    with_local = set(unmapped.with_value(world.store, "Patient", "identifier", (f"urn:uuid:{local}",)) or ())
    assert with_local
    assert with_local < everyone


def test_a_record_stands_behind_its_own_resources(world: World):
    behind = {
        ("Patient", RECORD): HERS,
        ("Patient", "x"): NOBODY,
        ("ServiceRequest", REQUEST): HERS,
        ("ServiceRequest", "x"): NOBODY,
        ("Organization", RECORD): NOBODY,
    }
    for (type_, id_), expected in behind.items():
        assert set(unmapped.records_behind(world.store, type_, id_)) == expected


def test_needs_are_of_some_records_or_of_all():
    needs = Needs()
    entry = Waiting(id="a/Patient/1", resource="a/Patient/1")
    needs.add("Condition", ["1", "2", "1"])
    needs.add("Patient", [])
    needs.await_([entry, entry])
    assert (list(needs.parts), needs.everyone, needs.waiting, needs.all_waiting) == (
        [("1", "Condition"), ("2", "Condition")],
        set(),
        {entry.id: entry},
        False,
    )
    needs.add("Condition", None)
    needs.await_(None)
    assert (needs.everyone, needs.all_waiting) == ({"Condition"}, True)
