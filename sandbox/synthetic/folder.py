"""A synthetic world as a folder, written person by person, so that memory use does not depend on its size.

world.toml                      the file that `serve --world FOLDER` reads: seed, number of patients, date
people.ndjson                   the people, one a line
record.ndjson                   PKB's record, an entity a line
hl7/<credential>.hl7            the messages of an organisation, one a line, its segments ended by carriage returns
fhir/<endpoint>/<Type>.ndjson   the resources of a Customer endpoint
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import IO, Any

from sandbox.base.clock import instant
from sandbox.domain.worlds import loading
from sandbox.errors import Invalid
from sandbox.store import Store
from sandbox.store.written import render_entity
from sandbox.synthetic.fhir import Scene
from sandbox.synthetic.fhir.record import about_one, counts, shared
from sandbox.synthetic.homes import HomeOrganisation, home_organisations
from sandbox.synthetic.people.chance import AS_OF
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.nhs_numbers import COUNT
from sandbox.synthetic.people.told import History

YEARS = range(1900, 2200)
"""Years of a world's date: lives begin a century before it, appointments are made for the year after."""
PARTS = (loading.FILE, "people.ndjson", "record.ndjson", "hl7", "fhir")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldPlan:
    """The world to generate: number of patients, seed, date, and the base world with its organisations."""

    patients: int
    seed: int
    as_of: datetime = AS_OF
    base: str = "default"


def write_world_folder(folder: Path, plan: WorldPlan, on_person: Callable[[], None] = lambda: None) -> None:
    """Write a world into a folder, replacing an earlier one; calls back after each person.

    Raises Invalid for an impossible number of people or date, and for a folder with any other content.
    """
    check_plan(plan)
    store = Store()
    loading.load_world(store, plan.base)
    homes = home_organisations(store)
    _clear(folder)
    with ExitStack() as stack:
        files = _Files(folder, stack)
        for place in homes:
            _write_shared(files, plan, place)
        for number in range(plan.patients):
            # In turn, so that a person's organisation does not depend on the number of people.
            place = homes[number % len(homes)]
            _write_person(files, plan, place, number)
            on_person()
    # Last: without this file, the folder of an interrupted run is not a world.
    (folder / loading.FILE).write_text(_world(plan), encoding="utf-8")


def check_plan(plan: WorldPlan) -> None:
    """Raise Invalid for an impossible number of people or date."""
    if not 1 <= plan.patients <= COUNT:
        raise Invalid(f"patients must be between 1 and {COUNT}, not {plan.patients}")
    if plan.as_of.year not in YEARS:
        raise Invalid(f"as-of must be in the years {YEARS[0]} to {YEARS[-1]}, not {plan.as_of.year}")


def _clear(folder: Path) -> None:
    """Create the folder, or empty it of an earlier synthetic world. Raises Invalid for any other content."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        others = sorted({part.name for part in folder.iterdir()} - {*PARTS})
        # Nothing of the user's may be deleted: only a folder that is empty or ours is overwritten.
        if others:
            raise Invalid(f"{folder} contains {others[0]}, which is not part of a synthetic world; nothing was written")
        for name in PARTS:
            part = folder / name
            rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}") from error


@dataclass(slots=True)
class _Files:
    """The files of a folder, each opened on its first write."""

    folder: Path
    stack: ExitStack
    opened: dict[str, IO[str]] = field(default_factory=dict)

    def line(self, name: str, text: str) -> None:
        if name not in self.opened:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without translated line ends: the same seed gives the same bytes on every system.
            self.opened[name] = self.stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        self.opened[name].write(text + "\n")

    def json(self, name: str, value: Any) -> None:
        self.line(name, json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def resources(self, endpoint: str, resources: Iterable[dict[str, Any]]) -> None:
        for resource in resources:
            self.json(f"fhir/{endpoint}/{resource['resourceType']}.ndjson", resource)


def _write_shared(files: _Files, plan: WorldPlan, place: HomeOrganisation) -> None:
    for endpoint in place.endpoints:
        files.resources(endpoint.name, shared(scene(plan, place, endpoint.release, place.number)))


def _write_person(files: _Files, plan: WorldPlan, place: HomeOrganisation, number: int) -> None:
    patient_history = history(plan.seed, number, plan.as_of, place.home)
    files.json("people.ndjson", _card(patient_history))
    for entity in patient_history.entities():
        files.json("record.ndjson", render_entity(entity))
    for _, text in place.feed.messages(patient_history):
        files.line(f"hl7/{place.credential}.hl7", text)
    for endpoint in place.endpoints:
        files.resources(endpoint.name, about_one(scene(plan, place, endpoint.release, number)))


def scene(plan: WorldPlan, place: HomeOrganisation, release: str, number: int) -> Scene:
    """Return what the resources about a person, or of an organisation, depend on."""
    return Scene(
        release=release,
        seed=plan.seed,
        number=number,
        as_of=plan.as_of,
        managed_by=place.number,
        counts=counts(release),
    )


def _card(patient_history: History) -> dict[str, Any]:
    """Return the line about a person."""
    patient = patient_history.patient
    return {
        "id": patient.id,
        "nhs_number": patient.identifiers[0].value,
        "name": patient.name.display,
        "date_of_birth": str(patient.date_of_birth),
        "gender": patient.gender,
        "postcode": patient.address.postcode,
        "organisation": patient_history.patient.organisations[0],
        "registered": patient.registered,
        "deceased": patient.deceased,
    }


def _world(plan: WorldPlan) -> str:
    return f"""# Every person in this world is fictitious. Serve it with `pkb-sandbox serve --world` and this folder.

name = "synthetic"
text = "{plan.patients} synthetic patients, generated with seed {plan.seed}"
base = {json.dumps(plan.base)}
record = "record.ndjson"

[synthetic]
seed = {plan.seed}
patients = {plan.patients}
as_of = {instant(plan.as_of)}
"""
