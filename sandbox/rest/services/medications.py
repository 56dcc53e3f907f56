"""MedicationService: what a patient takes.

Source: *Entity: Medication*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3738402817
"""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points import entry
from sandbox.http.call import Call
from sandbox.ids import legacy_id
from sandbox.model import Code, Medication, Patient
from sandbox.rest.body import body
from sandbox.rest.caller import Caller, by_id, caller, not_found
from sandbox.rest.readers import code_of, midnight
from sandbox.rest.reading import seen
from sandbox.rest.values import concept, day
from sandbox.rest.writing import check_own, label_of

Json = dict[str, Any]


def own(call: Call) -> list[Json]:
    who = caller(call)
    return [_json(one) for one in _of(call, who, who.own_record())]


def own_active(call: Call) -> list[Json]:
    who = caller(call)
    return [_json(one) for one in _of(call, who, who.own_record()) if entry.active(one, who.now)]


def of_patient(call: Call) -> list[Json]:
    who = caller(call)
    return [_json(one) for one in _of(call, who, who.patient_named(call.params["patientId"]))]


def active_of_patient(call: Call) -> list[Json]:
    who = caller(call)
    found = _of(call, who, who.patient_named(call.params["patientId"]))
    return [_json(one) for one in found if entry.active(one, who.now)]


def create(call: Call) -> Json:
    who = caller(call)
    sent = body(call, "medication-sent")
    made = entry.enter(who.record, Medication, who.own_record(), who.source(), label_of(who, sent), _values(sent))
    return _json(made)


def update(call: Call) -> Json:
    who = caller(call)
    sent = body(call, "medication-changed")
    before: Medication | None = by_id(who.store, Medication, sent["id"])
    if before is None or before.patient != who.own_record().id:
        raise not_found("medication")
    check_own(who, before)
    return _json(entry.change(who.record, before, label_of(who, sent, before.label), _values(sent)))


def _of(call: Call, who: Caller, patient: Patient) -> list[Medication]:
    """Newest start first, those without one last."""
    found = seen(call, who, Medication, patient)
    found.sort(key=lambda one: (one.start_at is not None, one.start_at or one.entered_at, one.id), reverse=True)
    return found


def _values(sent: Json) -> Json:
    return {
        "substance": code_of(sent["substance"], "substance"),
        "start_at": midnight(sent.get("startDate")),
        "end_at": midnight(sent.get("endDate")),
        "frequency": sent.get("frequency") or "",
        "dose": sent.get("doseValue") or "",
        "dose_units": Code(text=sent.get("doseUnit") or ""),
    }


def _json(one: Medication) -> Json:
    units = one.dose_units
    return {
        "id": legacy_id(one.id),
        "substance": concept(one.substance) or {"displayText": None, "codings": None},
        "startDate": day(one.start_at),
        "endDate": day(one.end_at),
        "frequency": one.frequency or None,
        "doseValue": one.dose or None,
        "doseUnit": units.text or units.code or units.alternate_text or None,
        "privacyLabel": one.label,
    }
