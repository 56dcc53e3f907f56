"""What becomes due next in a world: scheduled work of the record, and data points that are released to patients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice

from sandbox.domain import due
from sandbox.domain.data_points import releases
from sandbox.domain.notifications import reminders
from sandbox.domain.notifications.audience import REMINDER
from sandbox.domain.patients import carers
from sandbox.model import Consent, DueWork, Patient
from sandbox.store import Store

MOST = 50
"""Rows on the page."""
UNITS = (
    ("year", timedelta(days=365.25)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A row of the page; `patient` is the public id of the patient, `exchange` the id of the exchange behind it."""

    at: datetime
    text: str
    patient: str = ""
    name: str = ""
    exchange: str = ""


def rows_after(store: Store, now: datetime) -> list[DueRow]:
    """Return the first rows, in order of time."""
    # Merged lazily: a world may have thousands of releases, of which the page shows fifty.
    rows = islice(merge(_due_rows(store), _releases(store, now), key=lambda row: row.at), MOST)
    return [replace(row, at=row.at.astimezone(UTC)) for row in rows]


def count_after(store: Store, now: datetime) -> int:
    return store.count(DueWork) + releases.count_after(store, now)


def distance(now: datetime, at: datetime) -> str:
    """Return the time until then in words, in the largest unit that fits: `in 3 days`."""
    span = at - now
    for unit, length in UNITS:
        number = span // length
        # One year could hide eleven months more: up to two, the days are counted.
        if number > 1 or (number == 1 and unit != "year"):
            return f"in {number:,} {unit}{'' if number == 1 else 's'}"
    return "in less than a minute"


def _releases(store: Store, now: datetime) -> Iterator[DueRow]:
    for release in releases.releases_after(store, now):
        id_ = release.point.patient
        yield DueRow(at=release.at, text=f"Release of {release.text}", patient=id_, name=_name(store, id_))


def _due_rows(store: Store) -> Iterator[DueRow]:
    for id_ in store.between(DueWork, due.ORDER, due.ORDER, None, None):
        work = store.get(DueWork, id_)
        text, patient = TEXTS.get(work.kind, _other)(store, work)
        yield DueRow(at=work.at, text=text, patient=patient, name=_name(store, patient), exchange=work.exchange or "")


def _reminder(store: Store, work: DueWork) -> tuple[str, str]:
    kind, _, id_ = work.subject.partition("/")
    point = store.find_one(reminders.KINDS[kind][0], id_)
    title = getattr(point, "title", "") or getattr(point, "subject", "")
    text = f"Reminder, if nobody has opened it: {kind.replace('_', ' ')} {title}"
    return text.strip(), point.patient if point is not None else ""


def _end_of_access(store: Store, work: DueWork) -> tuple[str, str]:
    consent = store.find_one(Consent, work.subject)
    if consent is None:
        return "End of a carer's access", ""
    verb = "Warning that the access ends" if work.kind == carers.WARNING else "End of the access"
    return f"{verb} of the carer {_name(store, consent.grantee.id)}, on a birthday", consent.patient


def _other(_: Store, work: DueWork) -> tuple[str, str]:
    return f"{work.kind.replace('-', ' ').capitalize()} of {work.subject}", ""


TEXTS: Mapping[str, Callable[[Store, DueWork], tuple[str, str]]] = {
    REMINDER: _reminder,
    carers.WARNING: _end_of_access,
    carers.END: _end_of_access,
}
"""Kind of due work → its text and its patient; other kinds are named as they are."""


def _name(store: Store, id_: str) -> str:
    patient = store.find_one(Patient, id_)
    return patient.name.display if patient is not None else ""
