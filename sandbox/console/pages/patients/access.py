"""Who sees what of a record: its consents as a table, and the record as a caller of your choice gets it."""

from __future__ import annotations

from collections import Counter

from starlette.responses import Response

from sandbox.console.doors.cards import TITLES
from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.callers import callers_of
from sandbox.console.patients.consents import sharing_of
from sandbox.console.patients.describing import LABELS, Describer
from sandbox.console.patients.entries import entry_of, points_of
from sandbox.console.patients.viewing import view
from sandbox.control.records import patient_of
from sandbox.domain.patients.ages import age
from sandbox.facts import Fact, ledger
from sandbox.http.call import Call
from sandbox.model import Patient

SIZE = 60


async def show_access(call: Call) -> Response:
    patient, describer = patient_of(call), Describer(call.workspace)
    callers = callers_of(call.workspace, patient)
    key = call.request.query_params.get("as", "")
    caller = next((caller for caller in callers if caller.key == key), callers[0] if callers else None)
    page = page_of(call, points_of(call.workspace.store, patient), SIZE)
    entries = [entry_of(describer, point, call.workspace.clock.now()) for point in page.rows]
    rows = await view(call, caller, patient, entries) if caller is not None else []
    return render_record(
        call,
        patient,
        "patients/access.html",
        "/access",
        describer,
        sharing=sharing_of(describer, patient),
        labels=LABELS,
        rules=_rules(call, patient),
        callers=callers,
        caller=caller,
        page=page,
        rows=rows,
        counts=Counter((cell.api, cell.state) for row in rows for cell in row.cells),
        titles=TITLES,
        age=_age(call, patient),
    )


def _rules(call: Call, patient: Patient) -> list[Fact]:
    """Return the rules that hold for this record as a whole."""
    rules = []
    if patient.access_frozen:
        rules += ["access.frozen", "access.visibility-frozen"]
    if patient.sharing_disabled:
        rules.append("access.visibility-sharing-disabled")
    return [ledger()[rule] for rule in rules]


def _age(call: Call, patient: Patient) -> int | None:
    born = patient.date_of_birth
    return age(born, call.workspace.clock.now().date()) if born is not None else None
