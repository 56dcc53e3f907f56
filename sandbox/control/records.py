"""A patient's record, for developers: all of it, and its files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from sandbox.call import Call
from sandbox.control.partner_links import PartnerLinks
from sandbox.control.record_view import record
from sandbox.controls import Operation
from sandbox.domain.identifiers import with_number
from sandbox.domain.national_ids import national_id_types
from sandbox.downloads import download
from sandbox.errors import NotFound
from sandbox.model import Attachment, Patient
from sandbox.store import Store


def _show(call: Call) -> Any:
    patient, links = patient_of(call), PartnerLinks(call)
    shown = record(call.workspace.store, patient)
    for appointment in shown["appointments"]:
        if appointment["management_url"]:
            manage = links.out(patient, appointment["management_url"])
            appointment["links"] = {"manage": manage, "return": links.back()}
    return shown


def _attachment(call: Call) -> Response:
    """The bytes of a file, as they were sent."""
    patient = patient_of(call)
    found = call.workspace.store.find_one(Attachment, call.params["id"])
    if found is None or found.patient != patient.id:
        raise NotFound("No such attachment in this record")
    return download(found)


def patient_of(call: Call) -> Patient:
    """The patient whom the address names: by public id, legacy id, or national number."""
    store, id_ = call.workspace.store, call.params["patient"]
    found = store.find_one(Patient, id_.lower()) or next(iter(_by_number(store, id_)), None)
    if found is None:
        raise NotFound(f"No patient {id_}: neither a public id nor a legacy id nor a national number")
    return found


def _by_number(store: Store, id_: str) -> Iterator[Patient]:
    if id_.isascii() and id_.isdigit() and len(id_) < 16:
        yield from store.find(Patient, "legacy_id", int(id_))
    for kind in national_id_types():
        yield from with_number(store, kind, id_)


OPERATIONS = (
    Operation("GET", "/records/{patient}", "Shows everything that a patient's record holds", _show),
    Operation("GET", "/records/{patient}/attachments/{id}", "Gives the content of a file", _attachment),
)
