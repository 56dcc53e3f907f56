"""What all pages about one patient share: the patient of the address, the heading with its chips, the tabs."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.console.patients.describing import Describer
from sandbox.console.patients.entries import Note
from sandbox.console.rendering import render_page
from sandbox.http.call import Call
from sandbox.model import OutboxItem, Patient

TABS = (
    ("", "Timeline"),
    ("/doors", "Every door"),
    ("/access", "Who sees what"),
    ("/identifiers", "Identifiers & demographics"),
    ("/outbox", "Outbox"),
    ("/history", "How it came"),
    ("/acts", "Act as a person"),
)
"""End of the address → title."""
APIS = {
    "control": "the control API, as from a web page of PKB",
    "hl7": "HL7 v2",
    "rest": "Custom REST",
    "facade": "the Facade",
    "messaging": "Messaging FHIR",
    "customer": "Customer FHIR",
    "aggregated": "Aggregated FHIR",
}
"""API of a change → its words."""


def render_record(
    call: Call, patient: Patient, template: str, tab: str, describer: Describer, **values: Any
) -> Response:
    """Render a page about a patient; `tab` is the end of its address."""
    base = f"/patients/{patient.id}"
    tabs = [(f"{base}{end}", title) for end, title in TABS]
    outbox = len(call.workspace.store.ids(OutboxItem, "patient", patient.id))
    return render_page(
        call,
        template,
        title=patient.name.full or "Patient without a name",
        patient=patient,
        number=describer.number(patient),
        chips=chips_of(patient),
        base=base,
        tabs_of_record=[(address, f"{title} ({outbox})" if title == "Outbox" else title) for address, title in tabs],
        tab=f"{base}{tab}",
        describer=describer,
        exchange_address=exchange_address,
        apis=APIS,
        **values,
    )


def chips_of(patient: Patient) -> tuple[Note, ...]:
    """Return the states of a patient that decide about access and mail."""
    chips = [Note(text="registered", tone="ok") if patient.registered else Note(text="not registered")]
    if not patient.activated:
        chips.append(Note(text="not activated", tone="warn"))
    if patient.deceased:
        chips.append(Note(text="deceased", tone="warn"))
    if patient.access_frozen:
        chips.append(Note(text="access frozen", tone="warn"))
    if patient.sharing_disabled:
        chips.append(Note(text="sharing disabled", tone="warn"))
    if patient.do_not_contact:
        chips.append(Note(text="do not contact", tone="warn"))
    return tuple(chips)


def exchange_address(id_: str | None) -> str:
    """Return the address of an exchange's page; empty without one."""
    return f"/traffic/{id_}" if id_ else ""
