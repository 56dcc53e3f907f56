"""The list of patients, and the search in it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.patients.record import chips_of
from sandbox.console.patients import directory
from sandbox.console.patients.describing import Describer
from sandbox.console.patients.entries import Note
from sandbox.console.rendering import render_page
from sandbox.domain.data_points.kinds import KINDS
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.store import Store
from sandbox.worlds.settling import settle

SIZE = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientRow:
    """A patient in the list."""

    patient: Patient
    name: str
    number: str
    organisations: str
    points: int
    notes: tuple[Note, ...]


async def show_directory(call: Call) -> Response:
    world, query = call.workspace, call.request.query_params.get("q", "").strip()
    # In slices, so that others are answered: the search would sort the indexes all at once.
    await settle(world.store, KINDS.values())
    if query:
        await directory.read_texts(world)
    page = page_of(call, directory.search(world, query), SIZE)
    describer = Describer(world)
    rows = [_row(describer, patient) for patient in page.rows]
    return render_page(
        call, "patients/directory.html", title="Patients", page=page, rows=rows, query=query,
        is_empty=world.store.count(Patient) == 0,
    )  # fmt: skip


def _row(describer: Describer, patient: Patient) -> PatientRow:
    names = (describer.organisation(id_) for id_ in patient.organisations)
    return PatientRow(
        patient=patient,
        name=patient.name.full or "(no name)",
        number=describer.number(patient),
        organisations=", ".join(names),
        points=count_points(describer.store, patient),
        notes=chips_of(patient),
    )


def count_points(store: Store, patient: Patient) -> int:
    return sum(len(store.ids(kind, "patient", patient.id)) for kind in KINDS.values())
