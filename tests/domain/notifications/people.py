"""People, consents and news, for the tests of who is notified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.domain.notifications.news import News
from sandbox.domain.record import Record
from sandbox.model import About, Consent, Contact, Grantee, Options, Organisation, OutboxItem, Patient
from tests.domain.small_world import FIRST, NOW, patient

ADA, BEN = "ada@example.org", "ben@example.org"
LABEL = "GENERAL_HEALTH"
DOCUMENT = About(kind="document", id="d-1")


def person(record: Record, id_: str = "p-1", email: str = ADA, **values: Any) -> Patient:
    """A registered patient with an e-mail address, if any."""
    contacts = (Contact(value=email, primary=True),) if email else ()
    return patient(record, id_, **{"contacts": contacts, "registered": True, **values})


def consent(record: Record, grantee: str, kind: str = "carer", **values: Any) -> None:
    granted = {"labels": (LABEL,), **values}
    named = Grantee(kind=kind, id=grantee)
    record.store.put(Consent(id=f"c-{grantee}", patient="p-1", grantee=named, updated_at=NOW, **granted))


def enable(record: Record, **options: Any) -> None:
    organisation = record.store.get(Organisation, FIRST)
    record.store.put(replace(organisation, options=Options(**options)))


def news(event: str = "document", **values: Any) -> News:
    return News(event=event, about=DOCUMENT, organisation=FIRST, **values)


def items(record: Record) -> list[tuple[str, str, str]]:
    """Channel, recipient and reason of suppression of each item."""
    return [(item.channel, item.to, item.suppressed) for item in record.store.all(OutboxItem)]


def mails(record: Record) -> list[OutboxItem]:
    return [item for item in record.store.all(OutboxItem) if item.channel == "email"]


def texts(record: Record) -> list[str]:
    return [item.text.partition(", ")[2] for item in mails(record)]
