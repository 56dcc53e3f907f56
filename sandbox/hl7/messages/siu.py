"""SIU^S12, S13, S14, S15 and S26: appointments.

Sources: *SIU S12*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947182/SIU+S12 and the pages of the others
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.domain.data_points import appointments, labels
from sandbox.hl7.arrival import Filing
from sandbox.hl7.patient_visit import hospital_service
from sandbox.hl7.visit import Visit
from sandbox.model import Appointment, Code, Participant, Patient

COMPLETE = "creating an appointment"
"""The case in which start and location are required."""


def create(visit: Visit) -> Filing:
    """S12: the appointment as it is in the message, in place of an earlier one."""
    visit.require(COMPLETE)
    attributes = _sent(visit)

    def apply(patient: Patient) -> None:
        before = appointments.known(visit.record, patient, visit.sender, attributes["external_id"])
        appointments.put_in_place(visit.record, before, _new(visit, patient, attributes))

    return _filing(attributes, apply)


def update(visit: Visit) -> Filing:
    """S13 and S14: the values sent replace those of the stored appointment."""
    attributes = _sent(visit)

    def apply(patient: Patient) -> None:
        before = appointments.known(visit.record, patient, visit.sender, attributes["external_id"])
        if before is None:
            visit.require(COMPLETE)
            appointments.put_in_place(visit.record, None, _new(visit, patient, attributes))
        elif set(attributes) == {"external_id", "participants", "management_url"} and not attributes["participants"]:
            appointments.amend(visit.record, before, {"management_url": attributes["management_url"]}, visit.entered_at)
        else:
            if "specialty" in attributes:
                attributes["label"] = labels.of_service(visit.sender, attributes["specialty"])
            appointments.amend(visit.record, before, {**attributes, "status": "ACTIVE"}, visit.entered_at)

    return _filing(attributes, apply)


def cancel(visit: Visit) -> Filing:
    """S15: the status becomes CANCELLED."""
    return _with_status(visit, "CANCELLED")


def miss(visit: Visit) -> Filing:
    """S26: the status becomes DNA."""
    return _with_status(visit, "DNA")


def _with_status(visit: Visit, status: str) -> Filing:
    attributes: dict[str, Any] = {"external_id": visit.message.value("SCH", 1)}

    def apply(patient: Patient) -> None:
        before = appointments.known(visit.record, patient, visit.sender, attributes["external_id"])
        if before is not None:
            appointments.amend(visit.record, before, {"status": status}, visit.entered_at)
            return
        visit.require(COMPLETE)
        appointments.put_in_place(visit.record, None, _new(visit, patient, {**_sent(visit), "status": status}))

    return _filing(attributes, apply)


def _filing(attributes: dict[str, Any], apply: Callable[[Patient], None]) -> Filing:
    return Filing(apply=apply, kind="appointment", external_id=attributes["external_id"])


def _new(visit: Visit, patient: Patient, attributes: dict[str, Any]) -> Appointment:
    label = labels.of_service(visit.sender, attributes.get("specialty", ""))
    return Appointment(**visit.data_point(patient.id, label=label, **attributes))


def _sent(visit: Visit) -> dict[str, Any]:
    """The attributes that the message carries: blank ones are left out, attendees are always there."""
    message = visit.message
    sch, pv1 = visit.segment("SCH"), message.segment("PV1")
    attributes = {
        "external_id": sch.text(1),
        "subject": sch.text(7, 2),
        "type": _type(visit),
        "start_at": visit.timestamp(sch, 11, 4),
        "end_at": visit.timestamp(sch, 11, 5),
        "contact_email": sch.text(13, 4),
        "description": message.notes_after(sch),
        "location": pv1.text(3, 9) if pv1 else "",
        "specialty": hospital_service(visit),
        "management_url": message.value("ZAP", 1),
    }
    return {**{name: value for name, value in attributes.items() if value}, "participants": _attendees(visit)}


def _type(visit: Visit) -> Code | None:
    """SCH-8, or ZSC-8 where that is blank."""
    for name in ("SCH", "ZSC"):
        segment = visit.message.segment(name)
        if segment is not None and segment.text(8):
            return Code(code=segment.text(8), system=segment.text(8, 3))
    return None


def _attendees(visit: Visit) -> tuple[Participant, ...]:
    named = ((visit.person(aip, 3), aip.text(4, 2)) for aip in visit.message.segments("AIP"))
    return tuple(Participant(name=name, role=role) for name, role in named if name is not None)
