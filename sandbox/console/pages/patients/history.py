"""How a record came: its changes, each with the exchange that made it."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.describing import Describer
from sandbox.console.patients.history import changes_of, exchanges_about
from sandbox.control.records import patient_of
from sandbox.http.call import Call

MOST = 100


def show_history(call: Call) -> Response:
    patient, world = patient_of(call), call.workspace
    return render_record(
        call,
        patient,
        "patients/history.html",
        "/history",
        Describer(world),
        changes=changes_of(world, patient, MOST),
        exchanges=list(islice(exchanges_about(world, patient), MOST)),
        most=MOST,
    )
