"""MedicationService: a patient's medications.

Source: *Entity: Medication*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3738402817
"""

from __future__ import annotations

from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.domain.data_points import entry
from sandbox.http.call import Call
from sandbox.model import Code, Medication, Patient
from sandbox.rest.body import read_body
from sandbox.rest.caller import Caller, by_id, caller_of, not_found
from sandbox.rest.readers import code_of, midnight
from sandbox.rest.reading import read_visible
from sandbox.rest.values import concept, day
from sandbox.rest.writing import check_own, label_of

Json = dict[str, Any]


def own(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_json(medication) for medication in _medications_of(call, caller, caller.own_record())]


def own_active(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [
        _json(medication)
        for medication in _medications_of(call, caller, caller.own_record())
        if entry.is_active(medication, caller.now)
    ]


def of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [
        _json(medication)
        for medication in _medications_of(call, caller, caller.patient_named(call.params["patientId"]))
    ]


def active_of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    medications = _medications_of(call, caller, caller.patient_named(call.params["patientId"]))
    return [_json(medication) for medication in medications if entry.is_active(medication, caller.now)]


def create(call: Call) -> Json:
    caller = caller_of(call)
    fields = read_body(call, "medication-sent")
    medication = entry.enter(
        caller.record, Medication, caller.own_record(), caller.source(), label_of(caller, fields), _values(fields)
    )
    return _json(medication)


def update(call: Call) -> Json:
    caller = caller_of(call)
    fields = read_body(call, "medication-changed")
    before: Medication | None = by_id(caller.store, Medication, fields["id"])
    if before is None or before.patient != caller.own_record().id:
        raise not_found("medication")
    check_own(caller, before)
    return _json(entry.change(caller.record, before, label_of(caller, fields, before.label), _values(fields)))


def _medications_of(call: Call, caller: Caller, patient: Patient) -> list[Medication]:
    """Sort by start, newest first, medications without a start last."""
    medications = read_visible(call, caller, Medication, patient)
    medications.sort(
        key=lambda medication: (
            # With `reverse` True comes first, so medications without a start are last.
            medication.start_at is not None,
            medication.start_at or medication.entered_at,
            medication.id,
        ),
        reverse=True,
    )
    return medications


def _values(fields: Json) -> Json:
    return {
        "substance": code_of(fields["substance"], "substance"),
        "start_at": midnight(fields.get("startDate")),
        "end_at": midnight(fields.get("endDate")),
        "frequency": fields.get("frequency") or "",
        "dose": fields.get("doseValue") or "",
        "dose_units": Code(text=fields.get("doseUnit") or ""),
    }


def _json(medication: Medication) -> Json:
    units = medication.dose_units
    return {
        "id": legacy_id(medication.id),
        "substance": concept(medication.substance) or {"displayText": None, "codings": None},
        "startDate": day(medication.start_at),
        "endDate": day(medication.end_at),
        "frequency": medication.frequency or None,
        "doseValue": medication.dose or None,
        "doseUnit": units.text or units.code or units.alternate_text or None,
        "privacyLabel": medication.label,
    }
