"""Decide who is notified of new data in a record, by which channel, or why not.

The events and the reasons are rows of `notifications.toml`. Source: *Notifications*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/MAN/pages/3624665101/Notifications
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sandbox import facts
from sandbox.base import datafiles
from sandbox.base.quick_init import quick_init
from sandbox.domain import due
from sandbox.domain.notifications import outbox
from sandbox.domain.notifications.outbox import EMAIL, NHS_APP, SMS
from sandbox.domain.patients.ages import YOUNGEST, age
from sandbox.domain.record import Record
from sandbox.model import About, Consent, DataPoint, Options, Organisation, OutboxItem, Patient
from sandbox.model.patient import TIME_SENSITIVE

GENERAL = "GENERAL_HEALTH"
LONDON = ZoneInfo("Europe/London")
FEEDS = ("hl7", "messaging", "customer")
"""The APIs of feeds, as opposed to people's web pages and apps."""
WEEK = timedelta(days=facts.value("notifications.older-than-a-week"))
MORNING = time.fromisoformat(facts.value("notifications.reminder"))
REMINDER = "reminder"
"""The kind of due work for reminders; its subject is the kind and id of the item."""
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A row of the table of events."""

    words: str
    link: str = ""
    nhs_app: bool = False
    sms: bool = False
    unregistered: bool = False
    time_sensitive: bool = False
    daily: bool = False
    stale: str = ""
    by_hand: bool = False
    reminder: bool = False
    carers: bool = False


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A notification of new data. `event` is a row of the table; `organisation` is the one whose options apply.

    `at` is the time of an appointment, document or discharge; `title` follows the words of the row; `url` is a link
    to another site; `sms` allows a text message; `unmailed` means that the sender wants no e-mail; `also` lists other
    people to e-mail.
    """

    event: str
    about: About
    organisation: str = ""
    label: str = GENERAL
    at: datetime | None = None
    title: str = ""
    link: str = ""
    url: str = ""
    sms: bool = False
    unmailed: bool = False
    released_at: datetime | None = None
    also: tuple[Patient, ...] = ()

    @classmethod
    def of(cls, event: str, point: DataPoint, **more: Any) -> News:
        """Build the notification of a data point."""
        about, source = about_entity(point), point.source.organisation or ""
        if not more:
            return cls(event=event, about=about, organisation=source, label=point.label)
        return cls(**{"event": event, "about": about, "organisation": source, "label": point.label, **more})


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxNotice:
    """One item for one person and channel; `to` is the address, or empty."""

    record: Record
    event: Event
    news: News
    options: Options
    patient: Patient
    recipient: Patient
    channel: str
    to: str


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


def about_entity(entity: Any) -> About:
    """Return the kind and id of an entity, for a notification about it."""
    return About(kind=_kind_of(type(entity).__name__), id=entity.id)


@cache
def _kind_of(type_: str) -> str:
    return _CAPITAL.sub("_", type_).lower()


@cache
def events() -> Mapping[str, Event]:
    """The table of events, by name."""
    rows = _table()["event"]
    return {_name(row): Event(**{key: row[key] for key in Event.__slots__ if key in row}) for row in rows}


@cache
def reasons() -> Mapping[str, str]:
    """Reason for suppression → its text."""
    return {_name(row): row["text"] for row in _table()["reason"]}


def _table() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("domain/notifications/notifications.toml"))


def _name(row: dict[str, Any]) -> str:
    return str(row["id"]).removeprefix("notifications.")


def _notices(record: Record, event: Event, news: News, patient: Patient) -> Iterator[OutboxNotice]:
    """Iterate over the items: one for each channel of the patient, and one for each carer."""
    organisation = record.store.find_one(Organisation, news.organisation)
    options = organisation.options if organisation else Options()
    channels = [(EMAIL, patient, patient.email)]
    if event.nhs_app:
        channels.append((NHS_APP, patient, patient.id))
    if event.sms and news.sms:
        channels.append((SMS, patient, patient.phone if _is_mobile(patient.phone) else ""))
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
        suppressed=suppressed or _reason(notice),
        daily=event.daily,
    )


def _reason(notice: OutboxNotice) -> str:
    """Return the first reason for which PKB would suppress an item; empty if it would send it."""
    return next((reason for reason, applies in REASONS if applies(notice)), "")


def _is_switched_off(notice: OutboxNotice) -> bool:
    # Each channel has its own switch: the sender's request for e-mail, the organisation's options for the others.
    if notice.channel == EMAIL:
        return notice.news.unmailed
    return not (notice.options.notify_nhs_app if notice.channel == NHS_APP else notice.options.notify_sms)


def _is_past(notice: OutboxNotice) -> bool:
    at = notice.news.at
    return notice.event.stale == "in-the-past" and at is not None and at < notice.record.now()


def _is_old(notice: OutboxNotice) -> bool:
    at = notice.news.at
    return notice.event.stale == "older-than-a-week" and at is not None and at < notice.record.now() - WEEK


def _is_from_feed(notice: OutboxNotice) -> bool:
    return notice.event.by_hand and notice.record.cause.api in FEEDS


def _is_too_young(notice: OutboxNotice) -> bool:
    born = notice.recipient.date_of_birth
    if notice.channel == EMAIL or born is None:
        return False
    return age(born, notice.record.now().astimezone(LONDON).date()) < YOUNGEST


def _is_unregistered(notice: OutboxNotice) -> bool:
    """Apply the rules for recipients without an account: only the patient, only for some events, and not in the app."""
    invited = notice.event.unregistered and notice.channel == EMAIL and notice.recipient is notice.patient
    return not notice.recipient.registered and not invited and notice.channel != SMS


def _is_second_today(notice: OutboxNotice) -> bool:
    if not notice.event.daily:
        return False
    latest = next(notice.record.store.latest(OutboxItem, "daily", (notice.patient.id, notice.to)), None)
    item = notice.record.store.find_one(OutboxItem, latest)
    # notifications.one-a-day: days are those of Europe/London.
    days = [at.astimezone(LONDON).date() for at in (item.at, notice.record.now())] if item else []
    return len(set(days)) == 1


def _is_mobile(phone: str) -> bool:
    """Return whether a number is a UK mobile number, or a number of another country."""
    # `+44 (0)7…` is a common spelling; the zero counts only within the country.
    digits = "".join(character for character in phone if character.isdigit() or character == "+").replace("+440", "+44")
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return digits.startswith(("07", "+447")) or (digits.startswith("+") and not digits.startswith("+44"))


REASONS: tuple[tuple[str, Callable[[OutboxNotice], bool]], ...] = (
    ("organisation-option", _is_switched_off),
    ("in-the-past", _is_past),
    ("older-than-a-week", _is_old),
    ("arrived-by-hl7-or-fhir", _is_from_feed),
    ("deceased", lambda notice: notice.patient.deceased or notice.recipient.deceased),
    ("frozen", lambda notice: notice.recipient.access_frozen),
    ("do-not-contact", lambda notice: notice.recipient.do_not_contact),
    ("under-16", _is_too_young),
    ("registered", lambda notice: notice.channel == SMS and notice.recipient.registered),
    ("not-registered", _is_unregistered),
    ("no-address", lambda notice: not notice.to),
    ("preference", lambda notice: notice.recipient.notifications == TIME_SENSITIVE and not notice.event.time_sensitive),
    ("already-one-today", _is_second_today),
)
"""The reasons, in the order in which they are checked."""
