"""Why PKB would not send an item, first reason first. The reasons are rows of `notifications.toml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sandbox import facts
from sandbox.domain.notifications.news import OutboxNotice, name_of, notifications_table
from sandbox.domain.notifications.outbox import EMAIL, NHS_APP, SMS
from sandbox.domain.patients.ages import YOUNGEST, age
from sandbox.model import OutboxItem
from sandbox.model.patient import TIME_SENSITIVE

LONDON = ZoneInfo("Europe/London")
FEEDS = ("hl7", "messaging", "customer")
"""The APIs of feeds, as opposed to people's web pages and apps."""
WEEK = timedelta(days=facts.value("notifications.older-than-a-week"))


@cache
def reasons() -> Mapping[str, str]:
    """Reason for suppression → its text."""
    return {name_of(row): row["text"] for row in notifications_table()["reason"]}


def reason_of(notice: OutboxNotice) -> str:
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


def is_mobile(phone: str) -> bool:
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
