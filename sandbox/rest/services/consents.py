"""ConsentService: the privacy labels that a patient allows a team, a professional or a carer to see.

Source: *Entity: Consent*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750297601
"""

from __future__ import annotations

from typing import Any

from sandbox.access.visibility import access_to
from sandbox.base.ids import legacy_id
from sandbox.domain.consents import GRANTEES, consent_to
from sandbox.errors import Conflict, Forbidden, Invalid
from sandbox.http.call import Call
from sandbox.model import Consent, ConsentReason, Grantee, Patient, Team
from sandbox.model.organisation import LABELS
from sandbox.rest.body import read_body
from sandbox.rest.caller import Caller, by_id, caller_of, not_found

Json = dict[str, Any]
GRANTED = dict(zip(LABELS, ("generalHealth", "mentalHealth", "sexualHealth", "socialCare"), strict=True))
"""Label → the prefix of its three keys."""
WHO = {"team": "teamId", "professional": "professionalId", "carer": "carerId"}
TEAM = "team"


def of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    patient = caller.patient_in_care(call.params["patientId"])
    consents = [
        consent
        for consent in caller.store.find(Consent, "patient", patient.id)
        if _is_shown_to(caller, patient, consent)
    ]
    return [
        _json(caller, consent)
        for consent in sorted(consents, key=lambda consent: (consent.updated_at, consent.id), reverse=True)
    ]


def create(call: Call) -> Json:
    caller = caller_of(call)
    patient, fields = _patient_to_change(caller, call.params["patientId"]), read_body(call, "consent-sent")
    grantee = _grantee(caller, fields)
    _check_permission(caller, grantee, fields)
    # consents.one-record: a grantee has one record, which is changed instead.
    if caller.store.find(Consent, "grantee", (patient.id, grantee.id)):
        raise Conflict(
            "A consent record already exists for this grantee",
            rule="rest.consent-grantee",
            instead="an update of that record",
        )
    return _json(caller, _store_consent(caller, patient, grantee, fields, None))


def update(call: Call) -> Json:
    caller = caller_of(call)
    patient, fields = _patient_to_change(caller, call.params["patientId"]), read_body(call, "consent-changed")
    before = _named(caller, patient, fields)
    _check_permission(caller, before.grantee, fields)
    return _json(caller, _store_consent(caller, patient, before.grantee, fields, before))


def _is_shown_to(caller: Caller, patient: Patient, consent: Consent) -> bool:
    """Return whether the grantee is visible: a team may be hidden from the caller."""
    team = caller.store.find_one(Team, consent.grantee.id)
    return team is None or access_to(caller.principal, patient).sees_team(team)


def _patient_to_change(caller: Caller, id_: str) -> Patient:
    """Return the patient whose consents the caller changes. Raises Forbidden for a carer, NotFound for an unknown
    patient.
    """
    patient = caller.patient_in_care(id_)
    if caller.patient is not None and caller.patient.id != patient.id:
        raise Forbidden("A carer cannot give consent", rule="rest.consent-writer", instead="the patient's own session")
    return patient


def _named(caller: Caller, patient: Patient, fields: Json) -> Consent:
    """Return the record to update: by its id, or by its grantee."""
    consent: Consent | None = None
    if fields.get("id"):
        consent = by_id(caller.store, Consent, fields["id"])
    else:
        consent = next(iter(caller.store.find(Consent, "grantee", (patient.id, _grantee(caller, fields).id))), None)
    if consent is None or consent.patient != patient.id or not _is_shown_to(caller, patient, consent):
        raise not_found("consent record")
    return consent


def _grantee(caller: Caller, fields: Json) -> Grantee:
    """Return the specified grantee, by legacy or public id. Raises Invalid for none or several, NotFound if it does
    not exist.
    """
    named = [(kind, fields[key]) for kind, key in WHO.items() if fields.get(key)]
    if len(named) != 1:
        raise Invalid(
            "Exactly one of teamId, professionalId and carerId is required",
            rule="rest.consent-grantee",
            instead="one of teamId, professionalId and carerId",
        )
    ((kind, id_),) = named
    entity = by_id(caller.store, GRANTEES[kind], id_)
    if entity is None:
        raise not_found(kind)
    return Grantee(kind=kind, id=entity.id)


def _check_permission(caller: Caller, grantee: Grantee, fields: Json) -> None:
    """Raise Forbidden for a consent that the caller may not give or end."""
    if caller.patient is not None:
        if grantee.kind == TEAM and fields.get("discharged"):
            raise Forbidden(
                "Only a professional can discharge a patient from a team",
                rule="rest.team-discharge",
                instead="an update that only withdraws the team's labels",
            )
        return
    entity: Any = caller.store.get(GRANTEES[grantee.kind], grantee.id)
    # Professionals give consent for their own organisation only, not for carers or other organisations.
    if caller.organisation is None or getattr(entity, "organisation", None) != caller.organisation.id:
        raise Forbidden(
            "A professional can give consent only to teams and professionals of their own organisation",
            rule="rest.consent-writer",
            instead="a team or professional of the organisation",
        )


def _store_consent(caller: Caller, patient: Patient, grantee: Grantee, fields: Json, before: Consent | None) -> Consent:
    """Apply the sent values; omitted ones stay, or start as not granted, not discharged and without reasons."""
    granted = {label: label in before.labels if before else False for label in LABELS}
    reasons = {entry.label: entry for entry in before.reasons} if before else {}
    for label, key in GRANTED.items():
        granted[label] = fields.get(f"{key}ConsentGranted", granted[label])
        was = reasons.get(label, ConsentReason(label=label))
        reason = fields.get(f"{key}ConsentGrantedReason", was.reason)
        text = fields.get(f"{key}ConsentGrantedReasonText", was.text)
        reasons[label] = ConsentReason(label=label, reason=reason or "", text=text or "")
    stated_reasons = tuple(entry for entry in reasons.values() if entry.reason or entry.text)
    labels = tuple(label for label in LABELS if granted[label])
    return consent_to(caller.record, patient, grantee, labels, fields.get("discharged"), stated_reasons)


def _json(caller: Caller, consent: Consent) -> Json:
    patient = caller.store.get(Patient, consent.patient)
    grantee = caller.store.get(GRANTEES[consent.grantee.kind], consent.grantee.id)
    rendered: Json = {
        "id": legacy_id(consent.id),
        "patientId": str(patient.legacy_id),
        WHO[consent.grantee.kind]: str(grantee.legacy_id),
        "discharged": consent.discharged,
        **{f"{key}ConsentGranted": label in consent.labels for label, key in GRANTED.items()},
    }
    for reason in consent.reasons:
        key = f"{GRANTED[reason.label]}ConsentGrantedReason"
        rendered |= {key: reason.reason} if reason.reason else {}
        rendered |= {f"{key}Text": reason.text} if reason.text else {}
    return rendered
