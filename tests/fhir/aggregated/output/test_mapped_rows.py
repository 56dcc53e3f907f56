"""What aggregation knows of PKB's own data: its source, its times and its references, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.fhir.aggregated import mapped
from sandbox.fhir.aggregated.mapped import common, medication_statement, patient
from sandbox.model import (
    Code,
    Contact,
    DataPoint,
    Diagnosis,
    FirstStored,
    Medication,
    Name,
    Organisation,
    Patient,
    Source,
    Team,
    Upstream,
    User,
)
from tests.fhir.aggregated.feeds import EASTGATE, NORTHMOOR, World

Json = dict[str, Any]
TOLA, RHYS = "4c86625f-13d7-423c-93e9-d58574a12dec", "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)


@pytest.fixture(scope="module")
def world() -> World:
    world = World(number=7)
    for kind in (Diagnosis, Medication):
        for point in world.store.find(kind, "patient", TOLA):
            world.store.delete(point)
    return world


def rows(world: World, *points: DataPoint, type_: str = "Condition", now: datetime = NOW) -> dict[str, Upstream]:
    """Return the rows of some data points, which are then gone again."""
    for point in points:
        world.store.put(point)
    by_id = mapped.rows_of(world.store, world.store.get(Patient, TOLA), type_, now)
    for point in points:
        world.store.delete(point)
    return by_id


def diagnosis(**more: Any) -> Diagnosis:
    source = Source(organisation=NORTHMOOR)
    return Diagnosis(**{"id": "d", "patient": TOLA, "source": source, "diagnosis": Code(text="x"),
                        "entered_at": EARLIER, "persisted_at": EARLIER, **more})  # fmt: skip


def medication(**more: Any) -> Medication:
    return Medication(**{"id": "m", "patient": TOLA, "source": Source(), "substance": Code(text="x"),
                         "entered_at": EARLIER, "persisted_at": EARLIER, **more})  # fmt: skip


def test_a_row_has_the_source_of_its_data(world: World):
    user, team = next(iter(world.store.all(User))), next(iter(world.store.all(Team)))
    sources: list[tuple[Source, tuple[str, str, str, str, str]]] = [
        (Source(), ("", "", "", "", "HL7_API")),
        (Source(organisation=NORTHMOOR), (f"Organization/{NORTHMOOR}", "", "", NORTHMOOR, "HL7_API")),
        (
            Source(organisation=EASTGATE, team=team.id, person=user.id),
            (f"Organization/{EASTGATE}", f"Organization/{team.id}", f"Practitioner/{user.id}", EASTGATE, "WEBAPP"),
        ),
        (Source(organisation=NORTHMOOR, team=team.id, person=TOLA), ("", "", f"Patient/{TOLA}", "", "WEBAPP")),
        (Source(person=TOLA, partner="app"), ("", "", f"Patient/{TOLA}", "", "REST_API")),
        (Source(person=TOLA, partner="app", route="WEBAPP_OTP"), ("", "", f"Patient/{TOLA}", "", "WEBAPP_OTP")),
    ]
    for source, (organisation, team_, person, owner, route) in sources:
        row = rows(world, diagnosis(source=source))["pkb/Condition/d"]
        named = tuple(f"pkb/{name}" if name else "" for name in (organisation, team_, person))
        assert (row.source, row.team, row.person, row.owner, row.route) == (*named, owner, route)
        assert row.patients == (f"pkb/Patient/{TOLA}",)
        expected = dict.fromkeys((f"pkb/Patient/{TOLA}", *filter(None, named)))
        assert row.references == tuple(expected)
        assert (row.label, row.type, row.keys) == ("GENERAL_HEALTH", "Condition", ())


def test_a_row_has_the_times_of_its_data(world: World):
    row = rows(world, diagnosis())["pkb/Condition/d"]
    assert (row.created_at, row.updated_at, row.recorded) == (EARLIER, EARLIER, "2026-05-31T12:00:00.000+00:00")
    world.store.put(FirstStored(id="d", at=EARLIER - timedelta(days=9)))
    assert rows(world, diagnosis())["pkb/Condition/d"].created_at == EARLIER - timedelta(days=9)


@pytest.mark.parametrize(
    ("end", "status", "changed", "turns"),
    [
        (None, "active", EARLIER, None),
        (NOW, "stopped", NOW, None),
        (LATER, "active", EARLIER, LATER),
        (EARLIER - timedelta(days=9), "stopped", EARLIER, None),
    ],
)
def test_a_medication_changes_when_it_ends(
    world: World, end: datetime | None, status: str, changed: datetime, turns: datetime | None
):
    point = medication(end_at=end)
    row = rows(world, point, type_="MedicationStatement")["pkb/MedicationStatement/m"]
    assert f'"status":"{status}"' in row.text
    assert row.updated_at == changed
    world.store.put(point)
    record = world.store.get(Patient, TOLA)
    assert mapped.ends_after(world.store, record, "MedicationStatement", NOW) == turns
    assert mapped.ends_after(world.store, record, "Condition", NOW) is None
    world.store.delete(point)


DOSES: list[tuple[Json, list[Json]]] = [
    ({}, []),
    ({"dose": " 1.5 ", "frequency": "daily"}, [{"text": "daily", "doseAndRate": [{"doseQuantity": {"value": "1.5"}}]}]),
    ({"dose": "2", "dose_units": Code(code="mg")}, [{"doseAndRate": [{"doseQuantity": {"value": "2", "code": "mg"}}]}]),
    ({"dose": "two", "dose_units": Code(code="x", text="pills"), "frequency": "daily"}, [{"text": "two pills daily"}]),
    ({"dose_units": Code(text="pills"), "frequency": "daily"}, [{"text": "daily"}]),
]


@pytest.mark.parametrize(("changes", "dosage"), DOSES)
def test_a_dose_is_a_number_or_a_text(world: World, changes: Json, dosage: list[Json]):
    resource = medication_statement.to_r4(world.store, medication(**changes), NOW)
    for row in resource.get("dosage", ()):
        for rate in row.get("doseAndRate", ()):
            rate["doseQuantity"]["value"] = rate["doseQuantity"]["value"].lexeme
    assert resource.get("dosage", []) == dosage


def test_units_with_a_system_are_an_extension():
    for units, name in ((Code(code="c", system="s", text="t"), "t"), (Code(code="c", system="s"), "c"), (Code(), "")):
        quantity = medication_statement._units(units)
        assert [row["valueString"] for row in quantity.get("extension", ())] == ([name] if name else [])


CONCEPTS: list[tuple[Code, Json]] = [
    (Code(), {}),
    (Code(text="t"), {"text": "t"}),
    (Code(code="c", system="urn:s", text="t"),
     {"coding": [{"system": "urn:s", "code": "c", "display": "t"}], "text": "t"}),
    (Code(code="c", system="https://s", alternate_code="d", alternate_text="u"),
     {"coding": [{"system": "https://s", "code": "c"}, {"code": "d", "display": "u"}], "text": "u"}),
    (Code(code="c", system="unknown"), {"coding": [{"code": "c"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "concept"), CONCEPTS)
def test_a_code_is_a_concept_with_its_alternate(code: Code, concept: Json):
    assert common.concept(code) == concept


def test_an_external_id_is_assigned_by_the_source():
    assert common.external_identifier(diagnosis()) == []
    assert common.external_identifier(diagnosis(external_id="e")) == [
        {"value": "e", "assigner": {"reference": f"Organization/{NORTHMOOR}"}}
    ]
    assert common.external_identifier(diagnosis(external_id="e", source=Source())) == [{"value": "e"}]


STATUSES: list[tuple[Json, str]] = [
    ({"deceased": True}, "DEAD"),
    ({"activated": False}, "NEW"),
    ({"activated": True, "registered": True, "contacts": (Contact(value="a", confirmed=True),)}, "EMAIL_CONFIRMED"),
    ({"activated": True, "registered": True, "contacts": (Contact(value="a", confirmed=False),)}, "ACTIVE"),
    ({"activated": True, "registered": False, "contacts": (Contact(value="a", confirmed=True),)}, "INACTIVE"),
    ({"activated": True, "registered": False, "contacts": (Contact(value="a", confirmed=False),)}, "INVITED"),
    ({"activated": True, "registered": False, "contacts": ()}, "NOCONTACT"),
]


@pytest.mark.parametrize(("changes", "status"), STATUSES)
def test_a_patient_has_a_status(world: World, changes: Json, status: str):
    tola = replace(world.store.get(Patient, TOLA), **{"deceased": False, **changes})
    assert patient.user_status(tola) == status


def test_a_patient_has_the_elements_of_the_record(world: World):
    tola = world.store.get(Patient, TOLA)
    bare = replace(tola, name=Name(middle="B"), phone="", contacts=(), date_of_birth=None, deceased=False, died_at=None)
    resource = patient.to_r4(world.store, bare)
    assert resource["name"] == [{"given": ["B"]}]
    assert not {"telecom", "birthDate", "deceasedBoolean", "deceasedDateTime"} & resource.keys()
    contacts = (Contact(value="a", primary=True), Contact(value="b", primary=False))
    whole = patient.to_r4(world.store, replace(bare, name=Name(title="D"), phone="1", contacts=contacts, deceased=True))
    assert whole["name"] == [{"prefix": ["D"]}]
    assert whole["telecom"] == [
        {"system": "phone", "value": "1"},
        {"system": "email", "value": "a", "rank": 1},
        {"system": "email", "value": "b"},
    ]  # fmt: skip
    assert whole["deceasedBoolean"] is True
    dead = patient.to_r4(world.store, replace(bare, deceased=True, died_at=EARLIER))
    assert dead["deceasedDateTime"].startswith("2026-05-31T12:00:00")
    assert "deceasedBoolean" not in dead


def test_an_organisation_merges_by_its_identifiers_and_others_belong_to_one(world: World):
    organisation = mapped.administrative(world.store, "Organization", NORTHMOOR)
    assert organisation is not None
    assert (organisation.source, organisation.owner, bool(organisation.keys)) == ("", NORTHMOOR, True)
    nameless = replace(world.store.get(Organisation, NORTHMOOR), id="nameless", code="")
    world.store.put(nameless)
    plain = mapped.administrative(world.store, "Organization", "nameless")
    assert plain is not None
    assert bool(plain.keys) is ('"identifier"' in plain.text)
    user = next(iter(world.store.all(User)))
    person = mapped.administrative(world.store, "Practitioner", user.id)
    assert person is not None
    assert (person.source, person.owner, person.keys) == (
        f"pkb/Organization/{user.organisation}",
        user.organisation,
        (),
    )
    other = mapped.administrative(world.store, "Patient", RHYS)
    assert other is not None
    assert other.id == f"pkb/Patient/{RHYS}"
    for type_, id_ in (("Patient", "nobody"), ("Practitioner", RHYS), ("Condition", "d")):
        assert mapped.administrative(world.store, type_, id_) is None


@pytest.mark.parametrize(
    ("type_", "parts"),
    [("Patient", ("Patient",)), ("Condition", ("Patient", "Condition")),
     ("QuestionnaireResponse", ("Patient", "ServiceRequest", "QuestionnaireResponse"))],
)  # fmt: skip
def test_a_type_needs_those_to_which_it_refers(type_: str, parts: tuple[str, ...]):
    assert mapped.parts(type_) == parts
    assert ("Observation" in mapped.shown_types(True), "Observation" in mapped.shown_types(False)) == (True, False)
    assert {"Patient", "MedicationStatement", "Condition"} <= mapped.shown_types(False)
