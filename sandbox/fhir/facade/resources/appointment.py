"""Appointment, searched by its start.

Source: *Facade Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946225
"""

from __future__ import annotations

from sandbox.base.clock import instant
from sandbox.fhir.facade.rendering import Names
from sandbox.fhir.facade.resources.data_point import OfPatient, common_elements, patient_reference, specialty_extension
from sandbox.fhir.rendered.elements import Json, without_empty
from sandbox.model import Appointment

STATUS = {"ACTIVE": "booked", "CANCELLED": "cancelled", "DNA": "noshow"}


def to_stu3(names: Names, appointment: Appointment, hidden: bool) -> Json:
    """Render an appointment as `facade-appointment`."""
    return without_empty(
        {
            **common_elements(names, "Appointment", appointment, []),
            "extension": specialty_extension(appointment),
            "status": STATUS[appointment.status],
            "reason": [{"coding": [{"display": appointment.subject}]}] if appointment.subject else [],
            "start": instant(appointment.start_at) if appointment.start_at else "",
            "end": instant(appointment.end_at) if appointment.end_at else "",
            "comment": appointment.description,
            "participant": _participants(names, appointment),
        }
    )


def _participants(names: Names, appointment: Appointment) -> list[Json]:
    """Return the participants: a reference to the patient; only names of locations and people outside PKB."""
    actors = [patient_reference(names, appointment.patient)]
    outside = [*(participant.name.display for participant in appointment.participants), appointment.location]
    actors += [{"display": display} for display in outside if display]
    return [{"actor": actor, "status": "accepted"} for actor in actors]


APPOINTMENTS = OfPatient(kind=Appointment, to_stu3=to_stu3, at=lambda appointment: appointment.start_at)
