"""Decide who is notified of new data in a record, by which channel, or why not.

The events and the reasons are rows of `notifications.toml`. Source: *Notifications*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/MAN/pages/3624665101/Notifications
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sandbox import facts
from sandbox.domain import due
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.news import Event, News, OutboxNotice, events
from sandbox.domain.notifications.outbox import EMAIL, NHS_APP, SMS
from sandbox.domain.notifications.suppression import LONDON, is_mobile, reason_of
from sandbox.domain.record import Record
from sandbox.model import Consent, DataPoint, Options, Organisation, OutboxItem, Patient

MORNING = time.fromisoformat(facts.value("notifications.reminder"))
REMINDER = "reminder"
"""The kind of due work for reminders; its subject is the kind and id of the item."""


def notify(record: Record, patient: Patient, news: News) -> None:
    """Put into the outbox the items that PKB would send to the patient and carers, and the suppressed ones with
    reasons.

    Entries of one kind that share the one e-mail a day and arrive in one exchange are one notification.
    """
    event = events()[news.event]
    cause = (record.cause.exchange, patient.id, news.about.kind)
    # A message may contain many results. If the index of causes has an item, the first result was announced.
    if event.daily and record.cause.exchange and record.store.ids(OutboxItem, "cause", cause):
        return
    mailed = False
    for notice in _notices(record, event, news, patient):
        item = _post(notice, "notification")
        mailed |= not item.suppressed and item.channel == EMAIL
    if mailed and event.reminder:
        # The reminder has only this text, so the text must identify the item.
        subject = f"{news.about.kind}/{news.about.id}"
        due.schedule(record, REMINDER, subject, next_morning(max(record.now(), news.released_at or record.now())))


def notify_of(record: Record, event: str, point: DataPoint, **more: Any) -> None:
    """Notify the patient and carers of a data point; a data point without a patient notifies nobody."""
    patient = record.store.find_one(Patient, point.patient)
    if patient is not None:
        notify(record, patient, News.of(event, point, **more))


def remind(record: Record, patient: Patient, news: News, *, opened: bool) -> list[str]:
    """Remind by e-mail of an item unless it was opened; return the addresses."""
    event = events()[news.event]
    items = [
        _post(notice, "reminder", suppressed="read-in-app" if opened else "")
        for notice in _notices(record, event, news, patient)
        if notice.channel == EMAIL
    ]
    return [item.to for item in items if not item.suppressed]


def next_morning(at: datetime) -> datetime:
    """Return six o'clock in London on the next day."""
    tomorrow = at.astimezone(LONDON).date() + timedelta(days=1)
    return datetime.combine(tomorrow, MORNING, LONDON).astimezone(UTC)


def _notices(record: Record, event: Event, news: News, patient: Patient) -> Iterator[OutboxNotice]:
    """Iterate over the items: one for each channel of the patient, and one for each carer."""
    organisation = record.store.find_one(Organisation, news.organisation)
    options = organisation.options if organisation else Options()
    channels = [(EMAIL, patient, patient.email)]
    if event.nhs_app:
        channels.append((NHS_APP, patient, patient.id))
    if event.sms and news.sms:
        channels.append((SMS, patient, patient.phone if is_mobile(patient.phone) else ""))
    others = (*news.also, *(carers(record, patient, news.label) if event.carers else ()))
    channels += [(EMAIL, other, other.email) for other in others]
    for channel, recipient, to in channels:
        yield OutboxNotice(
            record=record,
            event=event,
            news=news,
            options=options,
            patient=patient,
            recipient=recipient,
            channel=channel,
            to=to,
        )


def carers(record: Record, patient: Patient, label: str) -> list[Patient]:
    """Return the carers who may see data with a label."""
    return [
        record.store.get(Patient, consent.grantee.id)
        for consent in record.store.find(Consent, "patient", patient.id)
        if consent.grantee.kind == "carer" and not consent.discharged and label in consent.labels
    ]


def _post(notice: OutboxNotice, kind: str, *, suppressed: str = "") -> OutboxItem:
    news, event, patient, person = notice.news, notice.event, notice.patient, notice.recipient
    whose = "your record" if person is patient else f"the record of {patient.name.display}"
    title = f": {news.title}" if news.title else ""
    again = "a reminder: " if kind == "reminder" else ""
    return outbox.post(
        notice.record,
        kind,
        to=notice.to,
        patient=patient.id,
        organisation=news.organisation,
        text=f"{person.name.display}, {again}there is {event.words} in {whose} in Patients Know Best{title}",
        link=news.link or event.link,
        url=news.url,
        channel=notice.channel,
        about=news.about,
        suppressed=suppressed or reason_of(notice),
        daily=event.daily,
    )
