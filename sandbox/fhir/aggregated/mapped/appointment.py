"""Appointment: booked, cancelled or missed.

Source: *Aggregated Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077229
"""

from __future__ import annotations

from sandbox.base.clock import instant
from sandbox.fhir.aggregated.mapped.common import Json, coding, external_identifier, patient_reference, without_empty
from sandbox.model import Appointment
from sandbox.store import Store

STATUSES = {"ACTIVE": "booked", "CANCELLED": "cancelled", "DNA": "noshow"}


def to_r4(store: Store, appointment: Appointment) -> Json:
    """Map an appointment to `aggregated-appointment`. The place, and people who are not PKB users, are only names."""
    kind = appointment.type
    type_ = coding(kind.code, kind.system, kind.text)
    outside = [
        without_empty({"actor": {"display": p.name.display}, "type": _role(p.role)}) for p in appointment.participants
    ]
    place = [{"actor": {"display": appointment.location}}] if appointment.location else []
    actors = [{"actor": patient_reference(appointment)}, *outside, *place]
    return without_empty(
        {
            "resourceType": "Appointment",
            "identifier": external_identifier(appointment),
            "status": STATUSES[appointment.status],
            "serviceType": [{"coding": [type_]}] if type_ else [],
            "specialty": [{"coding": [{"code": appointment.specialty}]}] if appointment.specialty else [],
            "appointmentType": {"coding": [{"display": appointment.subject}]} if appointment.subject else {},
            "start": instant(appointment.start_at) if appointment.start_at else "",
            "end": instant(appointment.end_at) if appointment.end_at else "",
            "comment": appointment.description,
            "participant": [{**actor, "status": "accepted"} for actor in actors],
        }
    )


def _role(role: str) -> list[Json]:
    return [{"text": role}] if role else []
