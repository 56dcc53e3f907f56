"""What PKB would have sent about a patient, and what it would not have sent, with the reason."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.console.pages.patients.paging import page_of
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.describing import Describer
from sandbox.control import outbox
from sandbox.control.records import patient_of
from sandbox.http.call import Call
from sandbox.model import OutboxItem

SIZE = 50


def show_outbox_of_patient(call: Call) -> Response:
    patient, describer = patient_of(call), Describer(call.workspace)
    items = call.workspace.store.find(OutboxItem, "patient", patient.id)[::-1]
    page = page_of(call, items, SIZE)
    rows = [outbox.as_json(call, item) | {"recipient": describer.recipient(item)} for item in page.rows]
    return render_record(
        call, patient, "patients/outbox.html", "/outbox", describer, page=page, rows=rows, sent=_count_sent(items)
    )


def _count_sent(items: list[OutboxItem]) -> int:
    return sum(1 for item in items if not item.suppressed)
