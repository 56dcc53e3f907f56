"""ADT^A28 and ADT^A31: demographics, allergies, diagnoses, medications and team membership. PKB treats both alike.

Source: *ADT A28*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365078168
"""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points.filing import replace_list
from sandbox.domain.patients import intake
from sandbox.domain.patients.membership import TeamChange
from sandbox.domain.patients.review import Subject
from sandbox.errors import Invalid
from sandbox.hl7 import pid
from sandbox.hl7.arrival import look_up, note_numbers_not_kept, take_in
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.messages.lists import DataPointFactory, allergies, diagnoses, medications
from sandbox.hl7.messages.relations import File, announced_data
from sandbox.model import Allergy, Demographics, Diagnosis, Medication


def receive(inbound: InboundMessage) -> None:
    """Create or update the patient with all data of the message, or hold it for review."""
    values = pid.demographics(inbound.message, inbound.zone, inbound.refuse)
    change = _team_change(inbound)
    entries = {Allergy: allergies(inbound), Diagnosis: diagnoses(inbound), Medication: medications(inbound)}
    around = announced_data(inbound)
    with inbound.attempt():
        _take_in(inbound, values, change, entries, around)


def _take_in(
    inbound: InboundMessage,
    values: Demographics,
    change: TeamChange,
    entries: dict[type[Any], list[DataPointFactory]],
    around: list[File],
) -> None:
    match = look_up(inbound, values)
    # Only the demographics of an older message are ignored; its lists and teams still apply.
    if match.patient is not None and inbound.entered_at < match.patient.entered_at:
        _use_for_matching_only(inbound)
    else:
        note_numbers_not_kept(inbound, match)

    def file() -> None:
        patient = intake.accept(inbound.record, inbound.sender, values, match, change, inbound.entered_at)
        inbound.subjects.append(patient.id)
        is_first = match.patient is None
        for kind, unfiled in entries.items():
            if unfiled:
                filed = [entry(patient.id) for entry in unfiled]
                replace_list(inbound.record, kind, patient.id, inbound.sender, filed, is_first=is_first)
        for file_one in around:
            file_one(patient.id)

    subject = Subject(match.patient.id if match.patient else "", kind="demographics", external_id="")
    take_in(inbound, values, match, match.hold, file, subject)


def _use_for_matching_only(inbound: InboundMessage) -> None:
    """Mark all of PID as unused except the identifiers, because the message is older than the record."""
    pid_segment = inbound.message.segment("PID")
    if pid_segment is not None:
        pid_segment.keep(2, 3)
        text = "the message is older than the record: demographics, identifiers and e-mail addresses stay as they are"
        inbound.notice("demographics.older-message", "ignored", text, pid_segment)


def _team_change(inbound: InboundMessage) -> TeamChange:
    segments = inbound.message.segments("ZTM")
    if len(segments) > 1:
        inbound.refuse(
            Invalid(
                "Only one ZTM segment may be provided",
                where="ZTM[2]",
                rule="membership.team-change",
                instead="one ZTM with repetitions",
            )
        )
    if not segments:
        return TeamChange()
    add, remove = (
        tuple(alias for repetition in segments[0].each(field, 1) if (alias := repetition.component(1)))
        for field in (1, 2)
    )
    return TeamChange(add, remove)
