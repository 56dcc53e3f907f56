"""PKB's own data: mapped when it is first read after a change, and again when time changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.fhir.aggregated.intake import changes, sync, unmapped
from sandbox.fhir.aggregated.kinds import POINTS
from sandbox.fhir.search.definitions import parameters_of
from sandbox.model import Code, Mapped, Medication, Organisation, Patient, Resource, Source, Team, Upstream
from tests.fhir.aggregated.feeds import NORTHMOOR, START, World

TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"


def medication(world: World, **more: object) -> Medication:
    entry = Medication(
        id="m1", patient=TOLA_ID, source=Source(organisation=NORTHMOOR), entered_at=START, persisted_at=START,
        substance=Code(text="Ramipril"),
    )  # fmt: skip
    return replace(entry, **more)  # type: ignore[arg-type]


def mapped(world: World) -> None:
    sync.map_patients(world.store, [world.store.get(Patient, TOLA_ID)], world.now, all_mapped=False)


def status(world: World) -> str:
    row = world.store.get(Upstream, "pkb/MedicationStatement/m1")
    (statement,) = (r for key, r in world.resources("MedicationStatement").items() if key == row.target)
    word: str = statement["status"]
    return word


def test_a_change_outdates_the_record_it_is_about_and_no_other() -> None:
    world = World()
    mapped(world)
    store = world.store
    assert sync.is_mapped(store, (TOLA_ID, "MedicationStatement"), world.now)
    other = next(patient for patient in store.all(Patient) if patient.id != TOLA_ID)
    store.put(replace(other, phone="1"))
    assert sync.is_mapped(store, (TOLA_ID, "MedicationStatement"), world.now)
    store.put(medication(world))
    assert not sync.is_mapped(store, (TOLA_ID, "MedicationStatement"), world.now)
    mapped(world)
    assert status(world) == "active"
    store.delete(store.get(Medication, "m1"))
    mapped(world)
    assert store.find_one(Upstream, "pkb/MedicationStatement/m1") is None


def test_a_medication_stops_when_its_end_passes() -> None:
    world = World()
    world.store.put(medication(world, end_at=world.now + timedelta(days=1)))
    mapped(world)
    assert status(world) == "active"
    assert sync.is_mapped(world.store, (TOLA_ID, "MedicationStatement"), world.now)
    assert not sync.is_mapped(world.store, (TOLA_ID, "MedicationStatement"), world.now + timedelta(days=1))
    sync.map_patients(world.store, [world.store.get(Patient, TOLA_ID)], world.now + timedelta(days=1), all_mapped=False)
    assert status(world) == "stopped"


def test_doses_are_quantities_where_they_are_numbers() -> None:
    world = World()
    for dose, units, expected in (
        ("5", Code(code="mg"), {"doseAndRate": [{"doseQuantity": {"value": 5, "code": "mg"}}], "text": "Daily"}),
        ("one", Code(text="tablet"), {"text": "one tablet Daily"}),
        ("", Code(), {"text": "Daily"}),
    ):
        world.store.put(medication(world, dose=dose, dose_units=units, frequency="Daily"))
        mapped(world)
        row = world.store.get(Upstream, "pkb/MedicationStatement/m1")
        assert world.resources()[row.target]["dosage"] == [expected]


def test_a_team_that_changes_is_mapped_again() -> None:
    world = World()
    store = world.store
    (team, *_) = store.find(Team, "organisation", NORTHMOOR)
    store.put(replace(team, name="Renamed"))
    assert store.find_one(Mapped, NORTHMOOR) is None
    changes.prepare(world.workspace)
    names = [organisation["name"] for organisation in world.resources("Organization").values()]
    assert "Renamed" in names
    assert store.get(Organisation, NORTHMOOR).name in names


def test_an_unchanged_resource_is_not_written_again() -> None:
    world = World()
    mapped(world)
    before = {r.id: r for r in world.store.all(Resource)}
    world.store.put(replace(world.store.get(Patient, TOLA_ID), phone="07700900999"))
    mapped(world)
    changed = {r.id for r in world.store.all(Resource) if r is not before.get(r.id)}
    assert len(changed) == 1


def test_the_references_of_mapped_data_are_those_that_searches_reckon_with() -> None:
    """A reference that `unmapped` does not know of would find records only after they were mapped."""
    world = World()
    for patient in list(world.store.all(Patient)):
        sync.map_patients(world.store, [patient], world.now, all_mapped=True)
    own = {row.target for row in world.store.all(Upstream) if row.feed == "pkb"}
    resources = [resource for resource in world.store.all(Resource) if f"{resource.type}/{resource.logical_id}" in own]
    mapped_types = {"Patient", *POINTS}
    assert {resource.type for resource in resources} >= mapped_types
    for resource in resources:
        if resource.type in mapped_types:
            parameters = parameters_of("r4", resource.type)
            filled = {name for name in resource.values if ":" not in name and parameters[name].type == "reference"}
            assert filled <= _reckoned_with(resource.type), resource.type


def _reckoned_with(type_: str) -> set[str]:
    named = {name for owner, name in unmapped.REFERENCES if owner == type_}
    return set() if type_ == "Patient" else {*named, *unmapped.OF_PATIENT}
