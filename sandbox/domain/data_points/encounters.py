"""Encounters: a visit and its events, added, replaced and cancelled in any order of messages.

Sources: *Encounters*, http://dev.patientsknowbest.com/home/hl7-api/encounters ; *ADT A05*,
http://dev.patientsknowbest.com/home/hl7-api/messages/adt-a05
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox.domain.data_points import appointments
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import Appointment, Encounter, EncounterEvent, Patient

Events = tuple[EncounterEvent, ...]
REPEATABLE = ("TRANSFER", "UPDATE")
"""Types of event that an encounter may have several times; it has any other type once."""
DISCHARGE = "DISCHARGE"
BOOKED = ("PRE_ADMIT", "PENDING_ADMIT")
"""Types of event with an appointment."""


def find_encounter(record: Record, patient: Patient, sender: Sender, visit_id: str) -> Encounter | None:
    """Return the organisation's encounter of a patient with a visit id."""
    matches = record.store.find(Encounter, "external", (patient.id, sender.organisation.id, visit_id))
    return matches[0] if matches else None


def with_event(events: Events, event: EncounterEvent) -> Events:
    """Add an event. A type that occurs once replaces the earlier event of that type and keeps its id."""
    before = None if event.type in REPEATABLE else _only(events, event.type)
    if before is None:
        return (*events, event)
    return tuple(replace(event, id=earlier.id) if earlier is before else earlier for earlier in events)


def without_event(events: Events, type_: str) -> Events:
    """Remove an event by type; of several transfers the latest by time, at the same time the last received."""
    of_type = [(event.at, number) for number, event in enumerate(events) if event.type == type_]
    gone = max(of_type)[1] if of_type else None
    return tuple(event for number, event in enumerate(events) if number != gone)


def with_times(events: Events, times: dict[str, datetime | None]) -> Events:
    """Correct the times of existing events, by type."""
    return tuple(replace(event, at=times.get(event.type) or event.at) for event in events)


def file(record: Record, encounter: Encounter) -> None:
    """Store an encounter, or remove one without events."""
    # An encounter exists only through its events: the cancellation of the last one removes it.
    if not encounter.events:
        record.store.delete(encounter)
        return
    before = record.store.find_one(Encounter, encounter.id)
    record.store.put(encounter)
    discharged, earlier = _only(encounter.events, DISCHARGE), _only(before.events if before else (), DISCHARGE)
    # A discharge that is sent again with the same time is not announced twice.
    if discharged is not None and (earlier is None or discharged.at != earlier.at):
        notify_of(record, "discharge", encounter, at=discharged.at)


def appointment(record: Record, encounter: Encounter, type_: str) -> Appointment | None:
    """Return the appointment of a pre-admission or pending admission."""
    matches = record.store.find(Appointment, "encounter", link(encounter, type_))
    return matches[0] if matches else None


def link(encounter: Encounter, type_: str) -> str:
    """Return the key that links an appointment to its encounter and event."""
    return f"{encounter.id} {type_}"


def cancel_appointment(record: Record, encounter: Encounter, type_: str) -> None:
    booked = appointment(record, encounter, type_)
    if booked is not None:
        appointments.amend(record, booked, {"status": "CANCELLED"}, booked.entered_at)


def _only(events: Events, type_: str) -> EncounterEvent | None:
    return next((event for event in events if event.type == type_), None)
