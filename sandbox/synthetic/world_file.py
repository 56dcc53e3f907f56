"""A synthetic world as one file: the state that a server has after it has read the same world from a folder.

The world grows in a store whose records are in the file, some people at a time, so that memory does not depend on its
size. Its resources have the time of the world (`as_of`) as that of their last update, not that of a start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sandbox import __version__
from sandbox.base.clock import instant
from sandbox.errors import Invalid
from sandbox.fhir.aggregated.intake import changes, sync
from sandbox.fhir.aggregated.mapped import shown_types
from sandbox.fhir.mounts import ON_CHANGE
from sandbox.model import Organisation, Patient
from sandbox.settings import Settings
from sandbox.store.world_file.opening import is_world_file
from sandbox.store.world_file.writing import WorldFileWriter
from sandbox.synthetic.endpoint_resources import feed, put_resources
from sandbox.synthetic.fhir.record import about_one, shared
from sandbox.synthetic.folder import WorldPlan, check_plan, scene
from sandbox.synthetic.homes import HomeOrganisation, home_organisations
from sandbox.synthetic.people.history import history
from sandbox.worlds.workspace import DEFAULT, Workspace

AT_ONCE = 50
"""People between two writes to the file: some ten megabytes."""
TEXT = "{patients} synthetic patients, generated with seed {seed}"


def write_world_file(file: Path, plan: WorldPlan, on_person: Callable[[], None] = lambda: None) -> None:
    """Write a world into a file, replacing an earlier one; calls back after each person.

    Raises Invalid for an impossible number of people or date, for any other file at the address, and for one that
    cannot be written.
    """
    check_plan(plan)
    if file.exists() and not is_world_file(file):
        raise Invalid(f"{file} exists and is not a world file; nothing was written")
    workspace = Workspace(DEFAULT, Settings(world=plan.base, clock=instant(plan.as_of), seed=plan.seed))
    with WorldFileWriter(file) as writer:
        changes.prepare(workspace)
        homes = home_organisations(workspace.store)
        for place in homes:
            _put_shared(workspace, plan, place)
        _map(workspace, list(workspace.store.all(Patient)))
        for first in range(0, plan.patients, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, plan.patients))
            _map(workspace, [_put_person(workspace, plan, homes[n % len(homes)], n, on_person) for n in numbers])
            writer.attach(workspace.store)
        _note_all(workspace)
        writer.attach(workspace.store)
        writer.finish(_information(plan, workspace))


def _put_shared(workspace: Workspace, plan: WorldPlan, place: HomeOrganisation) -> None:
    for endpoint in place.endpoints:
        repository = feed(workspace, endpoint.name, endpoint.release, ON_CHANGE)
        put_resources(repository, shared(scene(plan, place, endpoint.release, place.number)))


def _put_person(
    workspace: Workspace, plan: WorldPlan, place: HomeOrganisation, number: int, on_person: Callable[[], None]
) -> Patient:
    """Put a person's record, and the resources about them, into the world."""
    person = history(plan.seed, number, plan.as_of, place.home)
    with workspace.store.transaction():
        for entity in person.entities():
            workspace.store.put(entity)
        for endpoint in place.endpoints:
            repository = feed(workspace, endpoint.name, endpoint.release, ON_CHANGE)
            put_resources(repository, about_one(scene(plan, place, endpoint.release, number)))
    on_person()
    return person.patient


def _map(workspace: Workspace, patients: Iterable[Patient]) -> None:
    """Map records for Aggregated, which a server does on the first read."""
    with workspace.store.transaction():
        sync.map_patients(workspace.store, patients, workspace.clock.now(), all_mapped=False)


def _note_all(workspace: Workspace) -> None:
    store = workspace.store
    for organisation in store.all(Organisation):
        for type_ in sorted(shown_types(all_mapped=False)):
            patients: Any = (store.get(Patient, id_) for id_ in store.ids(Patient, "organisation", organisation.id))
            sync.note_all(store, f"all/{organisation.id}", type_, patients)


def _information(plan: WorldPlan, workspace: Workspace) -> dict[str, str]:
    return {
        "text": TEXT.format(patients=plan.patients, seed=plan.seed),
        "base": plan.base,
        "patients": str(plan.patients),
        "seed": str(plan.seed),
        "as_of": instant(plan.as_of),
        "last_legacy_id": str(workspace.ids.last_legacy),
        "written_by": f"pkb-sandbox {__version__}",
    }
