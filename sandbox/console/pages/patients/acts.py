"""What people do in PKB's pages, as forms over the control calls of a record."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.choices import ActChoices
from sandbox.console.patients.describing import LABELS, Describer
from sandbox.console.patients.entries import entry_of, points_of
from sandbox.control.records import patient_of
from sandbox.http.call import Call

MOST = 300


def show_acts(call: Call) -> Response:
    patient, describer = patient_of(call), Describer(call.workspace)
    now = call.workspace.clock.now()
    entries = [entry_of(describer, point, now) for point in points_of(call.workspace.store, patient)[:MOST]]
    return render_record(
        call,
        patient,
        "patients/acts.html",
        "/acts",
        describer,
        choices=ActChoices.of(describer, patient),
        labels=LABELS,
        entries=entries,
    )
