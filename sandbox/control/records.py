"""A patient's record, for developers: all data, and files."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.base.whole_numbers import parse_digits
from sandbox.control.partner_links import PartnerLinks
from sandbox.control.record_view import record
from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.errors import Conflict, Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.http.downloads import download
from sandbox.model import Attachment, LocalIdType, Organisation, Patient
from sandbox.store import Store


def _show_record(call: Call) -> Any:
    patient, links = patient_of(call), PartnerLinks(call)
    view = record(call.workspace.store, patient)
    for appointment in view["appointments"]:
        if appointment["management_url"]:
            manage = links.partner_address(patient, appointment["management_url"])
            appointment["links"] = {"manage": manage, "return": links.back()}
    return view


def _attachment(call: Call) -> Response:
    """Return the bytes of a file, as sent."""
    patient = patient_of(call)
    attachment = call.workspace.store.find_one(Attachment, call.params["id"])
    if attachment is None or attachment.patient != patient.id:
        raise NotFound("This record has no attachment with that id")
    return download(attachment)


def patient_of(call: Call) -> Patient:
    """Find the patient of the path: by public id, legacy id, national number or local number.

    Raises NotFound; Conflict for a number that organisations issued to different patients, unless the parameter
    `organisation` selects one of them, whose numbers then take precedence.
    """
    return find_patient(call.workspace.store, call.params["patient"], call.request.query_params.get("organisation"))


def find_patient(store: Store, id_: str, organisation: str | None = None) -> Patient:
    """Find a patient by any of these ids, as `patient_of` does. Raises NotFound, Conflict, Invalid."""
    if organisation is not None:
        if store.find_one(Organisation, organisation) is None:
            raise Invalid(f"organisation: {organisation!r} is not the id of an organisation")
        patient = _by_local_number(store, id_, organisation)
        if patient is not None:
            return patient
    # Ids before numbers: an id has one owner, a number may have several.
    patient = store.find_one(Patient, id_.lower()) or _by_legacy_id(store, id_) or _by_national_number(store, id_)
    # With an organisation, its own numbers were tried first; those of others were not meant.
    patient = patient or (_by_local_number(store, id_) if organisation is None else None)
    if patient is None:
        raise NotFound(f"No patient {id_}: not a public id, legacy id, national number or local number")
    return patient


def _by_legacy_id(store: Store, id_: str) -> Patient | None:
    number = parse_digits(id_, 15)
    return next(iter(store.find(Patient, "legacy_id", number)), None) if number is not None else None


def _by_national_number(store: Store, number: str) -> Patient | None:
    return _only(
        number, [(kind, patient) for kind in national_id_types() for patient in with_number(store, kind, number)]
    )


def _by_local_number(store: Store, number: str, organisation: str | None = None) -> Patient | None:
    """Return the patients with a local number, of one organisation or any."""
    kinds = [kind for kind in store.all(LocalIdType) if organisation in (None, kind.organisation)]
    return _only(number, [(kind.organisation, p) for kind in kinds for p in with_number(store, kind.id, number)])


def _only(number: str, matches: list[tuple[str, Patient]]) -> Patient | None:
    """Return the one matching patient, each match with the issuer of the number. Raises Conflict if there are
    several.
    """
    patients = {patient.id: patient for _, patient in matches}
    if len(patients) > 1:
        givers = ", ".join(dict.fromkeys(giver for giver, _ in matches))
        advice = "use a public id, or for a local number ?organisation=<id of the organisation that issued it>"
        raise Conflict(f"{len(patients)} patients have the number {number}, issued by {givers}: {advice}")
    return next(iter(patients.values()), None)


OPERATIONS = (
    ControlOperation("GET", "/records/{patient}", "Returns a patient's whole record", _show_record),
    ControlOperation("GET", "/records/{patient}/attachments/{id}", "Returns the content of a file", _attachment),
)
