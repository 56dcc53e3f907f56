"""Apply a message to the record in one transaction: find or create its patient, then store it or hold it for a
person's decision.

Sources: *Soft Matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4213014614 ; *Auto Create*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/4567400451
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.domain.patients import auto_create, demographics, intake, review, soft_matching
from sandbox.domain.patients.intake import RecordMatch
from sandbox.domain.patients.review import Subject
from sandbox.hl7 import pid
from sandbox.hl7.inbound_message import Handler, InboundMessage, MessageNotice
from sandbox.hl7.security import without_security
from sandbox.model import Demographics, Patient

COMPARED = {"date_of_birth": (7, 1), "family_name": (5, 1), "given_initial": (5, 2)}
"""Value that soft matching can compare → field and component of PID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """The parsed content of a message. `apply` stores it for the patient, and may raise Invalid.

    `kind` and `external_id` identify its data point, such as `appointment` and SCH-1: a person's decision on one
    message applies to later messages about the same data point of the same patient.
    """

    apply: Callable[[Patient], None]
    kind: str
    external_id: str


Prepare = Callable[[InboundMessage], Filing]
"""Parses and checks a message without touching the record. Raises Invalid."""


def clinical(prepare: Prepare) -> Handler:
    """Return the handler of a message with clinical data, which needs an existing patient or auto create."""

    def receive(inbound: InboundMessage) -> None:
        values = pid.demographics(inbound.message, inbound.zone, inbound.refuse)
        filing = match = None
        # Each part in an attempt of its own: a rehearsal lists the errors of all of them.
        with inbound.attempt():
            soft_matching.check_sent(inbound.sender, values)
        with inbound.attempt():
            filing = prepare(inbound)
        with inbound.attempt():
            match = look_up(inbound, values)
        if filing is None or match is None:
            return
        with inbound.attempt():
            _take_in_clinical(inbound, values, match, filing)

    return receive


def _take_in_clinical(inbound: InboundMessage, values: Demographics, match: RecordMatch, filing: Filing) -> None:
    """Store clinical data for the matched patient, or for a patient whom auto create adds."""
    if match.patient is None:
        auto_create.check_allowed(inbound.record, inbound.sender, values, match)
    else:
        _use_for_matching_only(inbound)

    def file() -> None:
        patient = match.patient or auto_create.create(inbound.record, inbound.sender, values, match, inbound.entered_at)
        inbound.subjects.append(patient.id)
        filing.apply(patient)

    hold = match.hold or soft_matching.hold(inbound.sender, values, match.patient)
    subject = Subject(match.patient.id if match.patient else "", filing.kind, filing.external_id)
    take_in(inbound, values, match, hold, file, subject)


def look_up(inbound: InboundMessage, values: Demographics) -> RecordMatch:
    """Find the patient by the message's identifiers; notices list the ignored ones and why. Raises Invalid."""
    inbound.notices.extend(pid.notices(inbound.message))
    recognised, ignored = intake.sort_identifiers(inbound.record, inbound.sender, values)
    for identifier, rule, reason in ignored:
        text = f"{identifier.value} is ignored as an identifier: {reason}"
        inbound.notices.append(
            MessageNotice(rule=rule, level="ignored", segment="PID", field=identifier.where, text=text)
        )
    match = intake.look_up(inbound.record, inbound.sender, recognised)
    if match.patient is not None:
        inbound.subjects.append(match.patient.id)
    return match


def note_numbers_not_kept(inbound: InboundMessage, match: RecordMatch) -> None:
    """Add notices for numbers in a demographic message that the record does not store."""
    for number in demographics.not_kept(match.patient, match.identifiers):
        text = f"{number.value} is ignored: the record has another number of its type"
        rule = "matching.one-national-number"
        inbound.notices.append(MessageNotice(rule=rule, level="ignored", segment="PID", field=number.where, text=text))


def _use_for_matching_only(inbound: InboundMessage) -> None:
    """Mark all of PID as unused except the identifiers and the fields that soft matching compares."""
    pid_segment = inbound.message.segment("PID")
    if pid_segment is None:
        return
    pid_segment.keep(2, 3)
    for name in inbound.sender.organisation.options.soft_matching:
        pid_segment.value(*COMPARED[name])


def take_in(
    inbound: InboundMessage,
    values: Demographics,
    match: RecordMatch,
    hold: review.Hold | None,
    file: Callable[[], None],
    subject: Subject,
) -> None:
    """Store a message's content or hold it for review; a message that would be refused is never held."""
    record, sender = inbound.record, inbound.sender
    if inbound.errors:
        # Only in a rehearsal: it finds the remaining reasons for a refusal.
        file()
        return
    earlier = "" if hold is None else review.decision(record, sender, subject)
    # An approved data point passes from then on: a person has decided about it once.
    if hold is not None and not inbound.decided and earlier != "approved":
        # A message that would be refused is never held, so it is tried first.
        record.store.rehearse(file)
        if earlier == "rejected":
            text = f"not applied: a person rejected an earlier message about {subject.data_point}"
            inbound.notice("review.earlier-decision", "ignored", text)
        else:
            text = f"held for review and not applied: {'; '.join((hold.reason, *hold.differences))}"
            inbound.notice(hold.rule, "hint", text)
            name = (
                match.patient.name.display if match.patient else " ".join(filter(None, (values.given, values.family)))
            )
            queued = {"credential": inbound.credential, "message_type": inbound.message.type, "name": name}
            review.hold(record, sender, hold, subject, text=without_security(inbound.text), **queued)
        return
    with record.store.transaction():
        if hold is None and not inbound.decided:
            for held in review.waiting(record, sender, subject):
                inbound.replay(held)
                inbound.notice(
                    "review.earlier-decision", "hint", f"a held message about {subject.data_point} is applied first"
                )
        file()
