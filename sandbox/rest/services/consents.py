"""ConsentService: which privacy labels a patient lets a team, a professional or a carer see.

Source: *Entity: Consent*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750297601
"""

from __future__ import annotations

from typing import Any

from sandbox.access.visibility import access_to
from sandbox.domain.consents import GRANTEES, consent_to
from sandbox.errors import Conflict, Forbidden, Invalid
from sandbox.http.call import Call
from sandbox.ids import legacy_id
from sandbox.model import Consent, ConsentReason, Grantee, Patient, Team
from sandbox.model.organisation import LABELS
from sandbox.rest.body import body
from sandbox.rest.caller import Caller, by_id, caller, not_found

Json = dict[str, Any]
GRANTED = dict(zip(LABELS, ("generalHealth", "mentalHealth", "sexualHealth", "socialCare"), strict=True))
"""Label → the beginning of its three keys."""
WHO = {"team": "teamId", "professional": "professionalId", "carer": "carerId"}
TEAM = "team"


def of_patient(call: Call) -> list[Json]:
    who = caller(call)
    patient = who.patient_in_care(call.params["patientId"])
    found = [one for one in who.store.find(Consent, "patient", patient.id) if _shows(who, patient, one)]
    return [_json(who, one) for one in sorted(found, key=lambda one: (one.updated_at, one.id), reverse=True)]


def create(call: Call) -> Json:
    who = caller(call)
    patient, sent = _writable(who, call.params["patientId"]), body(call, "consent-sent")
    grantee = _grantee(who, sent)
    _check(who, grantee, sent)
    if who.store.find(Consent, "grantee", (patient.id, grantee.id)):
        raise Conflict("There is a consent record for them", rule="rest.consent-grantee", instead="an update of it")
    return _json(who, _write(who, patient, grantee, sent, None))


def update(call: Call) -> Json:
    who = caller(call)
    patient, sent = _writable(who, call.params["patientId"]), body(call, "consent-changed")
    before = _named(who, patient, sent)
    _check(who, before.grantee, sent)
    return _json(who, _write(who, patient, before.grantee, sent, before))


def _shows(who: Caller, patient: Patient, one: Consent) -> bool:
    """Whether the grantee is no team, or one that the caller may know of."""
    team = who.store.find_one(Team, one.grantee.id)
    return team is None or access_to(who.principal, patient).sees_team(team)


def _writable(who: Caller, id_: str) -> Patient:
    """A patient whose consents the caller writes. Raises Forbidden for a carer, NotFound for an unknown patient."""
    patient = who.patient_in_care(id_)
    if who.patient is not None and who.patient.id != patient.id:
        raise Forbidden(
            "A carer does not give consent", rule="rest.consent-writer", instead="the patient's own session"
        )
    return patient


def _named(who: Caller, patient: Patient, sent: Json) -> Consent:
    """The record that an update is about: by its id, or by the one that it is for."""
    found: Consent | None = None
    if sent.get("id"):
        found = by_id(who.store, Consent, sent["id"])
    else:
        found = next(iter(who.store.find(Consent, "grantee", (patient.id, _grantee(who, sent).id))), None)
    if found is None or found.patient != patient.id or not _shows(who, patient, found):
        raise not_found("consent record")
    return found


def _grantee(who: Caller, sent: Json) -> Grantee:
    """The one that is named, by legacy or public id. Raises Invalid for none or several, NotFound for nobody."""
    named = [(kind, sent[key]) for kind, key in WHO.items() if sent.get(key)]
    if len(named) != 1:
        raise Invalid(
            "Exactly one of teamId, professionalId and carerId must be given",
            rule="rest.consent-grantee",
            instead="one of the three",
        )
    ((kind, id_),) = named
    found = by_id(who.store, GRANTEES[kind], id_)
    if found is None:
        raise not_found(kind)
    return Grantee(kind=kind, id=found.id)


def _check(who: Caller, grantee: Grantee, sent: Json) -> None:
    """Raises Forbidden for what is not the caller's to give or to end."""
    if who.patient is not None:
        if grantee.kind == TEAM and sent.get("discharged"):
            raise Forbidden(
                "Only a professional can discharge a patient from a team",
                rule="rest.team-discharge",
                instead="no label granted to the team",
            )
        return
    found: Any = who.store.get(GRANTEES[grantee.kind], grantee.id)
    if who.organisation is None or getattr(found, "organisation", None) != who.organisation.id:
        raise Forbidden(
            "A professional gives consent to their own organisation only",
            rule="rest.consent-writer",
            instead="a team or professional of the organisation",
        )


def _write(who: Caller, patient: Patient, grantee: Grantee, sent: Json, before: Consent | None) -> Consent:
    """What is left out stays as it was, which is not granted, not discharged and without reasons at first."""
    granted = {label: label in before.labels if before else False for label in LABELS}
    reasons = {one.label: one for one in before.reasons} if before else {}
    for label, key in GRANTED.items():
        granted[label] = sent.get(f"{key}ConsentGranted", granted[label])
        was = reasons.get(label, ConsentReason(label=label))
        reason = sent.get(f"{key}ConsentGrantedReason", was.reason)
        text = sent.get(f"{key}ConsentGrantedReasonText", was.text)
        reasons[label] = ConsentReason(label=label, reason=reason or "", text=text or "")
    said = tuple(one for one in reasons.values() if one.reason or one.text)
    labels = tuple(label for label in LABELS if granted[label])
    return consent_to(who.record, patient, grantee, labels, sent.get("discharged"), said)


def _json(who: Caller, one: Consent) -> Json:
    patient, grantee = who.store.get(Patient, one.patient), who.store.get(GRANTEES[one.grantee.kind], one.grantee.id)
    shown: Json = {
        "id": legacy_id(one.id),
        "patientId": str(patient.legacy_id),
        WHO[one.grantee.kind]: str(grantee.legacy_id),
        "discharged": one.discharged,
        **{f"{key}ConsentGranted": label in one.labels for label, key in GRANTED.items()},
    }
    for reason in one.reasons:
        key = f"{GRANTED[reason.label]}ConsentGrantedReason"
        shown |= {key: reason.reason} if reason.reason else {}
        shown |= {f"{key}Text": reason.text} if reason.text else {}
    return shown
