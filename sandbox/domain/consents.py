"""A patient's sharing: consent records, sharing as a whole, and frozen access.

Sources: https://manual.patientsknowbest.com/patient/sharing ; *Facade Consent*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077275
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.notifications import audience
from sandbox.domain.notifications.news import News, about_entity
from sandbox.domain.record import Record
from sandbox.errors import Invalid
from sandbox.model import Consent, ConsentReason, Grantee, Patient, Team, User

GRANTEES: dict[str, type[Team] | type[User] | type[Patient]] = {"team": Team, "professional": User, "carer": Patient}
"""Kind of grantee → the entity of its id."""


def consent_to(
    record: Record,
    patient: Patient,
    grantee: Grantee,
    labels: tuple[str, ...] | None,
    discharged: bool | None,
    reasons: tuple[ConsentReason, ...] | None = None,
    *,
    kept: bool | None = None,
) -> Consent:
    """Create, change or end a consent. Labels and reasons are replaced as a whole; None leaves a part unchanged.

    Each grantee has one record, which is never deleted: an empty list of labels or a discharge ends it. Raises
    Invalid if the grantee does not exist or is the patient.
    """
    if kept and grantee.kind != "carer":
        raise Invalid("Only a carer's access can be extended past a birthday")
    named = record.store.find_one(GRANTEES[grantee.kind], grantee.id)
    if named is None or grantee.id == patient.id:
        raise Invalid(f"The grantee {grantee.kind} {grantee.id} does not exist")
    before = next(iter(record.store.find(Consent, "grantee", (patient.id, grantee.id))), None)
    blank = Consent(id=record.ids.uuid(), patient=patient.id, grantee=grantee, updated_at=record.now())
    consent = before or blank
    changed = replace(
        consent,
        labels=consent.labels if labels is None else labels,
        discharged=consent.discharged if discharged is None else discharged,
        reasons=consent.reasons if reasons is None else reasons,
        kept=consent.kept if kept is None else kept,
        updated_at=record.now(),
    )
    record.store.put(changed)
    # The patient is not notified of a consent that is set again unchanged, or only extended past a birthday.
    if before is None or replace(changed, updated_at=before.updated_at, kept=before.kept) != before:
        notify_of_sharing(record, patient, changed, getattr(named, "organisation", ""))
    return changed


def notify_of_sharing(record: Record, patient: Patient, changed: Consent | Patient, organisation: str = "") -> None:
    """Notify the patient of a sharing change, of one consent or of sharing as a whole."""
    about = about_entity(changed)
    audience.notify(record, patient, News(event="sharing", about=about, organisation=organisation))


def set_sharing(record: Record, patient: Patient, *, disabled: bool) -> Patient:
    """Disable or enable sharing; disabling it removes the carers."""
    changed = replace(patient, sharing_disabled=disabled, updated_at=record.now())
    with record.store.transaction():
        for consent in record.store.find(Consent, "patient", patient.id) if disabled else ():
            if consent.grantee.kind == "carer":
                # Deleted, not discharged: enabling sharing again must not bring the carers back.
                record.store.delete(consent)
        record.store.put(changed)
        if patient.sharing_disabled != disabled:
            notify_of_sharing(record, changed, changed)
    return changed


def set_frozen(record: Record, patient: Patient, *, frozen: bool) -> Patient:
    """Freeze or unfreeze the patient's own access."""
    changed = replace(patient, access_frozen=frozen, updated_at=record.now())
    record.store.put(changed)
    return changed
