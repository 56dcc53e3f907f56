"""ADT^A01, A02, A03, A05, A08, A14 and their cancels A11, A12, A13, A27, A38: encounters and their events.

Sources: *Encounters*, http://dev.patientsknowbest.com/home/hl7-api/encounters ; *ADT A01*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077971/ADT+A01 and the pages of the others
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sandbox.domain.data_points import appointments, encounters, labels
from sandbox.hl7.arrival import Filing, Prepare
from sandbox.hl7.patient_visit import class_of, doctors, hospital_service
from sandbox.hl7.visit import Visit
from sandbox.model import Appointment, Encounter, EncounterEvent, Patient

TIMES: dict[str, tuple[tuple[str, int], ...]] = {
    "ADMIT": (("PV1", 44), ("EVN", 6)),
    "TRANSFER": (("EVN", 6),),
    "DISCHARGE": (("PV1", 45), ("EVN", 6)),
    "PRE_ADMIT": (("PV2", 8), ("EVN", 3), ("PV1", 44)),
    "PENDING_ADMIT": (("PV2", 8), ("EVN", 3), ("PV1", 44)),
    "UPDATE": (("EVN", 6),),
}
"""Event → where its time stands, in order; then MSH-7."""

ZVN = {"A01": "ADMIT", "A02": "TRANSFER", "A03": "DISCHARGE", "A05": "PRE_ADMIT", "A14": "PENDING_ADMIT"}
"""ZVN-1 → the event that an update is about, where the announced form of ADT^A08 is switched on."""


def adds(type_: str) -> Prepare:
    """What files an event of a type."""

    def prepare(visit: Visit) -> Filing:
        event = _event(visit, type_)

        def apply(patient: Patient) -> None:
            before = _encounter(visit, patient)
            encounter = replace(before, events=encounters.with_event(before.events, event))
            encounters.file(visit.record, encounter)
            if type_ in encounters.BOOKED:
                _book(visit, encounter, event)

        return _filing(visit, apply)

    return prepare


def cancels(type_: str) -> Prepare:
    """What takes an event of a type back, and with a pre-admission or pending admission its appointment."""

    def prepare(visit: Visit) -> Filing:
        def apply(patient: Patient) -> None:
            before = encounters.known(visit.record, patient, visit.sender, _visit_id(visit))
            if before is None or not any(event.type == type_ for event in before.events):
                text = f"encounter [{_visit_id(visit)}] has no event {type_}: nothing to cancel"
                visit.notice("encounters.cancel", "ignored", text)
                return
            events = encounters.without_event(before.events, type_)
            encounters.file(visit.record, replace(before, events=events, persisted_at=visit.record.now()))
            if type_ in encounters.BOOKED:
                encounters.cancel_appointment(visit.record, before, type_)

        return _filing(visit, apply)

    return prepare


def update(visit: Visit) -> Filing:
    """A08: a further event, and the times of admission and discharge corrected."""
    event = _event(visit, "UPDATE")

    def apply(patient: Patient) -> None:
        if visit.record.rules.a08_roadmap:
            _update_in_place(visit, patient, event)
            return
        before = _encounter(visit, patient)
        events = encounters.with_event(_corrected(visit, before.events), event)
        encounters.file(visit.record, replace(before, events=events))

    return _filing(visit, apply)


def _update_in_place(visit: Visit, patient: Patient, incoming: EncounterEvent) -> None:
    """The announced form: the latest event, or the one that ZVN names, takes the message's content."""
    if encounters.known(visit.record, patient, visit.sender, _visit_id(visit)) is None:
        visit.notice("hl7.roadmap-zvn", "ignored", f"encounter [{_visit_id(visit)}] is not known")
        return
    encounter = _encounter(visit, patient)
    events = _corrected(visit, encounter.events)
    zvn = visit.message.segment("ZVN")
    type_ = ZVN.get(zvn.text(1), "") if zvn else ""
    at = visit.timestamp(zvn, 6) if type_ == "TRANSFER" else None
    fitting = [event for event in events if (not type_ or event.type == type_) and (at is None or event.at == at)]
    if not fitting:
        return
    chosen = fitting[-1]
    changed = replace(incoming, id=chosen.id, type=chosen.type, at=chosen.at)
    encounters.file(
        visit.record, replace(encounter, events=tuple(changed if event is chosen else event for event in events))
    )
    if chosen.type in encounters.BOOKED:
        _book(visit, encounter, changed)


def _corrected(visit: Visit, events: encounters.Events) -> encounters.Events:
    """The events with the times of admission and discharge that the message gives, where there are such events."""
    pv1, types = visit.message.segment("PV1"), {event.type for event in events}
    fields = (("ADMIT", 44), ("DISCHARGE", 45))
    return encounters.with_times(events, {type_: visit.timestamp(pv1, at) for type_, at in fields if type_ in types})


def _event(visit: Visit, type_: str) -> EncounterEvent:
    pv1 = visit.message.segment("PV1")
    times = (visit.timestamp(visit.message.segment(name), field) for name, field in TIMES[type_])
    return EncounterEvent(
        id=visit.record.ids.uuid(),
        type=type_,
        at=next((at for at in times if at), visit.entered_at),
        class_=class_of(visit) or "OTHER",
        location=pv1.text(3, 9) if pv1 else "",
        specialty=hospital_service(visit),
        participants=doctors(visit),
        entered_at=visit.entered_at,
    )


def _encounter(visit: Visit, patient: Patient) -> Encounter:
    """The encounter of the message, new where it is not known, with the message's specialty and label."""
    service = hospital_service(visit)
    stored = encounters.known(visit.record, patient, visit.sender, _visit_id(visit))
    if stored is None:
        label = labels.of_service(visit.sender, service)
        return Encounter(**visit.data_point(patient.id, external_id=_visit_id(visit), specialty=service, label=label))
    dated = replace(stored, entered_at=visit.entered_at, persisted_at=visit.record.now())
    return replace(dated, specialty=service, label=labels.of_service(visit.sender, service)) if service else dated


def _book(visit: Visit, encounter: Encounter, event: EncounterEvent) -> None:
    """The appointment of a pre-admission or pending admission, with the id that it had."""
    before = encounters.appointment(visit.record, encounter, event.type)
    booked = Appointment(
        **visit.data_point(encounter.patient, specialty=event.specialty, label=encounter.label),
        subject=event.class_.replace("_", " ").capitalize(),
        start_at=event.at,
        location=event.location,
        encounter=encounters.link(encounter, event.type),
    )
    appointments.put_in_place(visit.record, before, replace(booked, id=before.id) if before else booked)


def _visit_id(visit: Visit) -> str:
    return visit.message.value("PV1", 19)


def _filing(visit: Visit, apply: Callable[[Patient], None]) -> Filing:
    return Filing(apply=apply, kind="encounter", external_id=_visit_id(visit))
