"""Allergies and diagnoses of a patient.

Sources: *Entity: Allergy*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3736141825 ; a published client of 2014
for diagnoses
"""

from __future__ import annotations

from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.http.call import Call
from sandbox.model import Allergy, Diagnosis
from sandbox.rest.caller import caller_of
from sandbox.rest.reading import read_visible
from sandbox.rest.values import concept, day, instant

Json = dict[str, Any]


def of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [
        _allergy(allergy)
        for allergy in read_visible(call, caller, Allergy, caller.patient_named(call.params["patientId"]))
    ]


def diagnoses_2014(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_diagnosis(diagnosis) for diagnosis in read_visible(call, caller, Diagnosis, caller.own_record())]


def _allergy(allergy: Allergy) -> Json:
    return {
        "id": legacy_id(allergy.id),
        "substanceCode": concept(allergy.allergen),
        "onsetOfSymptoms": instant(allergy.onset_at) if allergy.onset_at else None,
        "reactions": [{"displayText": text, "codings": None} for text in allergy.reactions],
        "severity": concept(allergy.severity),
        "privacyLabel": allergy.label,
    }


def _diagnosis(diagnosis: Diagnosis) -> Json:
    return {"id": legacy_id(diagnosis.id), "startDate": day(diagnosis.diagnosed_at), "endDate": None, "results": []}
