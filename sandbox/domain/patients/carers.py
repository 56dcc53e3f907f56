"""Carers of children: their access ends on the 13th, 16th and 18th birthday, unless a professional extends it.

Sources: *Paediatric records*, https://sites.google.com/patientsknowbest.com/manual/professional/paediatric-records ;
*Carers*, https://manual.patientsknowbest.com/carer
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time

from sandbox import facts
from sandbox.base.durations import months_later
from sandbox.domain import consents, due
from sandbox.domain.notifications import audience
from sandbox.domain.notifications.audience import MORNING
from sandbox.domain.notifications.news import News, about_entity
from sandbox.domain.notifications.suppression import LONDON
from sandbox.domain.patients.ages import birthday
from sandbox.domain.record import NO_CAUSE, Record
from sandbox.model import Consent, DueWork, Patient

BIRTHDAYS: tuple[int, ...] = tuple(facts.value("carers.birthdays"))
MONTHS_BEFORE: int = facts.value("notifications.carer-warning")
WARNING, END = "carer-warning", "carer-end"
"""The kinds of due work; the subject is the id of the consent."""
CARER = "carer"


def end_past_access(record: Record) -> None:
    """End access that ended on a birthday before the world began, without notice, and schedule the next birthdays."""
    for consent in list(filter(_is_open, record.store.all(Consent))):
        _end_or_schedule(record, consent)


def end_due_access(record: Record) -> None:
    """Do the same in a world whose birthdays are scheduled: only for those that have passed since."""
    for id_ in list(record.store.between(DueWork, due.ORDER, due.ORDER, None, record.now())):
        # None if it was rescheduled together with the warning before it.
        work = record.store.find_one(DueWork, id_)
        if work is not None and work.kind in (WARNING, END):
            record.store.delete(work)
            consent = record.store.get(Consent, work.subject)
            if _is_open(consent):
                _end_or_schedule(record, consent)


def _end_or_schedule(record: Record, consent: Consent) -> None:
    born = record.store.get(Patient, consent.patient).date_of_birth
    # Only birthdays after the consent: a carer who was added later keeps access until the next one.
    passed = [at for at in _ends(born) if consent.updated_at < at <= record.now()]
    if passed and not consent.kept:
        record.store.put(replace(consent, discharged=True, updated_at=passed[0]))
    else:
        schedule(record, consent, born)


def affects_end_of_access(before: Consent | Patient | None, after: Consent | Patient | None) -> bool:
    """Return whether a change gives a carer's consent, or makes a date of birth known, or changes it."""
    if isinstance(after, Consent):
        return _is_open(after)
    return isinstance(before, Patient) and isinstance(after, Patient) and before.date_of_birth != after.date_of_birth


def reschedule(record: Record, after: Consent | Patient) -> None:
    """Reschedule after such a change."""
    if isinstance(after, Consent):
        schedule(record, after, record.store.get(Patient, after.patient).date_of_birth)
    else:
        for consent in record.store.find(Consent, "patient", after.id):
            if _is_open(consent):
                schedule(record, consent, after.date_of_birth)


def schedule(record: Record, consent: Consent, born: date | None) -> None:
    """Schedule the end of an access on the next of the birthdays, and the warning before it."""
    # The access will end by time, so the current request is not its cause.
    record = replace(record, cause=NO_CAUSE)
    for kind in (WARNING, END):
        due.cancel(record, kind, consent.id)
    end = next((at for at in _ends(born) if at > record.now()), None)
    if end is None:
        return
    due.schedule(record, END, consent.id, end)
    day = months_later(end.astimezone(LONDON).date(), -MONTHS_BEFORE)
    warning = datetime.combine(day, MORNING, LONDON)
    if warning > record.now():
        due.schedule(record, WARNING, consent.id, warning)


def warn(record: Record, subject: str) -> str:
    """Warn patient and carer that the access will end, unless it is already extended."""
    consent = record.store.find_one(Consent, subject)
    if consent is None or not _is_open(consent) or consent.kept:
        return ""
    patient, carer = record.store.get(Patient, consent.patient), record.store.get(Patient, consent.grantee.id)
    end = next(at for at in _ends(patient.date_of_birth) if at > record.now()).astimezone(LONDON).date()
    title = f"{carer.name.display}, on {end.isoformat()}"
    about = about_entity(consent)
    audience.notify(record, patient, News(event="carer-warning", about=about, title=title, also=(carer,)))
    return f"Warning: the access of {carer.name.display} to the record of {patient.name.display} ends on {end}"


def end(record: Record, subject: str) -> str:
    """End the access on a birthday; an extended access continues until the next."""
    consent = record.store.find_one(Consent, subject)
    if consent is None or not _is_open(consent):
        return ""
    patient, carer = record.store.get(Patient, consent.patient), record.store.get(Patient, consent.grantee.id)
    access = f"the access of {carer.name.display} to the record of {patient.name.display}"
    if consent.kept:
        record.store.put(replace(consent, kept=False))
        schedule(record, consent, patient.date_of_birth)
        return f"Birthday: {access} was extended"
    ended = replace(consent, discharged=True, updated_at=record.now())
    record.store.put(ended)
    consents.notify_of_sharing(record, patient, ended)
    return f"Birthday: {access} ended"


def _is_open(consent: Consent) -> bool:
    return consent.grantee.kind == CARER and not consent.discharged


def _ends(born: date | None) -> Iterator[datetime]:
    """Return the beginning of each birthday in London."""
    if born is not None:
        yield from (datetime.combine(birthday(born, years), time(), LONDON) for years in BIRTHDAYS)
