"""ADT^A01, A02, A03, A05, A08, A14 and their cancels A11, A12, A13, A27, A38: encounters and their events.

Sources: *Encounters*, http://dev.patientsknowbest.com/home/hl7-api/encounters ; *ADT A01*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077971/ADT+A01 and the pages of the others
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sandbox.domain.data_points import appointments, encounters, labels
from sandbox.hl7.arrival import Filing, Prepare
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.patient_visit import class_of, doctors, hospital_service
from sandbox.model import Appointment, Encounter, EncounterEvent, Patient

TIMES: dict[str, tuple[tuple[str, int], ...]] = {
    "ADMIT": (("PV1", 44), ("EVN", 6)),
    "TRANSFER": (("EVN", 6),),
    "DISCHARGE": (("PV1", 45), ("EVN", 6)),
    "PRE_ADMIT": (("PV2", 8), ("EVN", 3), ("PV1", 44)),
    "PENDING_ADMIT": (("PV2", 8), ("EVN", 3), ("PV1", 44)),
    "UPDATE": (("EVN", 6),),
}
"""Event → the fields of its time, in order; if all are blank, MSH-7."""

ZVN = {"A01": "ADMIT", "A02": "TRANSFER", "A03": "DISCHARGE", "A05": "PRE_ADMIT", "A14": "PENDING_ADMIT"}
"""ZVN-1 → the event to update, if the announced form of ADT^A08 is switched on."""


def adds(type_: str) -> Prepare:
    """Return the handler that stores an event of a type."""

    def prepare(inbound: InboundMessage) -> Filing:
        event = _event(inbound, type_)

        def apply(patient: Patient) -> None:
            before = _encounter(inbound, patient)
            encounter = replace(before, events=encounters.with_event(before.events, event))
            encounters.file(inbound.record, encounter)
            if type_ in encounters.BOOKED:
                _put_appointment(inbound, encounter, event)

        return _filing(inbound, apply)

    return prepare


def cancels(type_: str) -> Prepare:
    """Return the handler that cancels an event of a type and, for a (pending) pre-admission, its appointment."""

    def prepare(inbound: InboundMessage) -> Filing:
        def apply(patient: Patient) -> None:
            before = encounters.find_encounter(inbound.record, patient, inbound.sender, _visit_id(inbound))
            # encounters.cancel: PKB acknowledges it all the same.
            if before is None or not any(event.type == type_ for event in before.events):
                text = f"encounter [{_visit_id(inbound)}] has no event {type_}: nothing to cancel"
                inbound.notice("encounters.cancel", "ignored", text)
                return
            events = encounters.without_event(before.events, type_)
            encounters.file(inbound.record, replace(before, events=events, persisted_at=inbound.record.now()))
            if type_ in encounters.BOOKED:
                encounters.cancel_appointment(inbound.record, before, type_)

        return _filing(inbound, apply)

    return prepare


def update(inbound: InboundMessage) -> Filing:
    """Handle A08: add an event and correct the times of admission and discharge."""
    event = _event(inbound, "UPDATE")

    def apply(patient: Patient) -> None:
        if inbound.record.rules.a08_roadmap:
            _update_in_place(inbound, patient, event)
            return
        before = _encounter(inbound, patient)
        events = encounters.with_event(_with_corrected_times(inbound, before.events), event)
        encounters.file(inbound.record, replace(before, events=events))

    return _filing(inbound, apply)


def _update_in_place(inbound: InboundMessage, patient: Patient, incoming: EncounterEvent) -> None:
    """Handle the announced form of A08: update the latest event, or the one that ZVN specifies."""
    if encounters.find_encounter(inbound.record, patient, inbound.sender, _visit_id(inbound)) is None:
        inbound.notice("hl7.roadmap-zvn", "ignored", f"encounter [{_visit_id(inbound)}] does not exist")
        return
    encounter = _encounter(inbound, patient)
    events = _with_corrected_times(inbound, encounter.events)
    zvn = inbound.message.segment("ZVN")
    type_ = ZVN.get(zvn.text(1), "") if zvn else ""
    at = inbound.timestamp(zvn, 6) if type_ == "TRANSFER" else None
    fitting = [event for event in events if (not type_ or event.type == type_) and (at is None or event.at == at)]
    if not fitting:
        return
    chosen = fitting[-1]
    # The event keeps its place in time: the announced A08 updates what happened, not when.
    changed = replace(incoming, id=chosen.id, type=chosen.type, at=chosen.at)
    encounters.file(
        inbound.record, replace(encounter, events=tuple(changed if event is chosen else event for event in events))
    )
    if chosen.type in encounters.BOOKED:
        _put_appointment(inbound, encounter, changed)


def _with_corrected_times(inbound: InboundMessage, events: encounters.Events) -> encounters.Events:
    """Correct the times of an existing admission and discharge by the message's times."""
    pv1, types = inbound.message.segment("PV1"), {event.type for event in events}
    fields = (("ADMIT", 44), ("DISCHARGE", 45))
    return encounters.with_times(events, {type_: inbound.timestamp(pv1, at) for type_, at in fields if type_ in types})


def _event(inbound: InboundMessage, type_: str) -> EncounterEvent:
    pv1 = inbound.message.segment("PV1")
    times = (inbound.timestamp(inbound.message.segment(name), field) for name, field in TIMES[type_])
    return EncounterEvent(
        id=inbound.record.ids.uuid(),
        type=type_,
        at=next((at for at in times if at), inbound.entered_at),
        class_=class_of(inbound) or "OTHER",
        location=pv1.text(3, 9) if pv1 else "",
        specialty=hospital_service(inbound),
        participants=doctors(inbound),
        entered_at=inbound.entered_at,
    )


def _encounter(inbound: InboundMessage, patient: Patient) -> Encounter:
    """Return the message's encounter, or a new one, with the message's specialty and label."""
    service = hospital_service(inbound)
    stored = encounters.find_encounter(inbound.record, patient, inbound.sender, _visit_id(inbound))
    if stored is None:
        label = labels.of_service(inbound.sender, service)
        return Encounter(
            **inbound.data_point(patient.id, external_id=_visit_id(inbound), specialty=service, label=label)
        )
    dated = replace(stored, entered_at=inbound.entered_at, persisted_at=inbound.record.now())
    return replace(dated, specialty=service, label=labels.of_service(inbound.sender, service)) if service else dated


def _put_appointment(inbound: InboundMessage, encounter: Encounter, event: EncounterEvent) -> None:
    """Build the appointment of a pre-admission or pending admission, with the id of an earlier one."""
    before = encounters.appointment(inbound.record, encounter, event.type)
    booked = Appointment(
        **inbound.data_point(encounter.patient, specialty=event.specialty, label=encounter.label),
        subject=event.class_.replace("_", " ").capitalize(),
        start_at=event.at,
        location=event.location,
        encounter=encounters.link(encounter, event.type),
    )
    appointments.put_in_place(inbound.record, before, replace(booked, id=before.id) if before else booked)


def _visit_id(inbound: InboundMessage) -> str:
    return inbound.message.value("PV1", 19)


def _filing(inbound: InboundMessage, apply: Callable[[Patient], None]) -> Filing:
    return Filing(apply=apply, kind="encounter", external_id=_visit_id(inbound))
