"""SIU^S12, S13, S14, S15 and S26: appointments.

Sources: *SIU S12*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947182/SIU+S12 and the pages of the others
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.domain.data_points import appointments, labels
from sandbox.hl7.arrival import Filing
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.patient_visit import hospital_service
from sandbox.model import Appointment, Code, Participant, Patient

COMPLETE = "creating an appointment"
"""The case in which start and location are required."""


def create(inbound: InboundMessage) -> Filing:
    """Handle S12: store the appointment as in the message, replacing an earlier one."""
    inbound.require(COMPLETE)
    attributes = _sent_attributes(inbound)

    def apply(patient: Patient) -> None:
        before = appointments.find_appointment(inbound.record, patient, inbound.sender, attributes["external_id"])
        appointments.put_in_place(inbound.record, before, _new_appointment(inbound, patient, attributes))

    return _filing(attributes, apply)


def update(inbound: InboundMessage) -> Filing:
    """Handle S13 and S14: replace the sent values in the stored appointment."""
    attributes = _sent_attributes(inbound)

    def apply(patient: Patient) -> None:
        before = appointments.find_appointment(inbound.record, patient, inbound.sender, attributes["external_id"])
        if before is None:
            inbound.require(COMPLETE)
            appointments.put_in_place(inbound.record, None, _new_appointment(inbound, patient, attributes))
        # A message with nothing but the link changes the link, and not the status of the appointment.
        elif set(attributes) == {"external_id", "participants", "management_url"} and not attributes["participants"]:
            appointments.amend(
                inbound.record, before, {"management_url": attributes["management_url"]}, inbound.entered_at
            )
        else:
            if "specialty" in attributes:
                attributes["label"] = labels.of_service(inbound.sender, attributes["specialty"])
            # appointments.update: an update makes a cancelled or missed appointment active again.
            appointments.amend(inbound.record, before, {**attributes, "status": "ACTIVE"}, inbound.entered_at)

    return _filing(attributes, apply)


def cancel(inbound: InboundMessage) -> Filing:
    """Handle S15: set the status CANCELLED."""
    return _with_status(inbound, "CANCELLED")


def mark_missed(inbound: InboundMessage) -> Filing:
    """Handle S26: set the status DNA."""
    return _with_status(inbound, "DNA")


def _with_status(inbound: InboundMessage, status: str) -> Filing:
    attributes: dict[str, Any] = {"external_id": inbound.message.value("SCH", 1)}

    def apply(patient: Patient) -> None:
        before = appointments.find_appointment(inbound.record, patient, inbound.sender, attributes["external_id"])
        if before is not None:
            # appointments.cancel: only the status of a known appointment changes, so the other fields are not parsed.
            appointments.amend(inbound.record, before, {"status": status}, inbound.entered_at)
            return
        inbound.require(COMPLETE)
        appointments.put_in_place(
            inbound.record, None, _new_appointment(inbound, patient, {**_sent_attributes(inbound), "status": status})
        )

    return _filing(attributes, apply)


def _filing(attributes: dict[str, Any], apply: Callable[[Patient], None]) -> Filing:
    return Filing(apply=apply, kind="appointment", external_id=attributes["external_id"])


def _new_appointment(inbound: InboundMessage, patient: Patient, attributes: dict[str, Any]) -> Appointment:
    label = labels.of_service(inbound.sender, attributes.get("specialty", ""))
    return Appointment(**inbound.data_point(patient.id, label=label, **attributes))


def _sent_attributes(inbound: InboundMessage) -> dict[str, Any]:
    """Return the attributes in the message: blank ones are omitted, attendees always included."""
    message = inbound.message
    sch, pv1 = inbound.segment("SCH"), message.segment("PV1")
    attributes = {
        "external_id": sch.text(1),
        "subject": sch.text(7, 2),
        "type": _type(inbound),
        "start_at": inbound.timestamp(sch, 11, 4),
        "end_at": inbound.timestamp(sch, 11, 5),
        "contact_email": sch.text(13, 4),
        "description": message.notes_after(sch),
        "location": pv1.text(3, 9) if pv1 else "",
        "specialty": hospital_service(inbound),
        "management_url": message.value("ZAP", 1),
    }
    return {**{name: value for name, value in attributes.items() if value}, "participants": _attendees(inbound)}


def _type(inbound: InboundMessage) -> Code | None:
    """Return SCH-8, or ZSC-8 if that is blank."""
    for name in ("SCH", "ZSC"):
        segment = inbound.message.segment(name)
        if segment is not None and segment.text(8):
            return Code(code=segment.text(8), system=segment.text(8, 3))
    return None


def _attendees(inbound: InboundMessage) -> tuple[Participant, ...]:
    named = ((inbound.person(aip, 3), aip.text(4, 2)) for aip in inbound.message.segments("AIP"))
    return tuple(Participant(name=name, role=role) for name, role in named if name is not None)
