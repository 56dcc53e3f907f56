"""Allergies and diagnoses of a patient.

Sources: *Entity: Allergy*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3736141825 ; a published client of 2014
for diagnoses
"""

from __future__ import annotations

from typing import Any

from sandbox.http.call import Call
from sandbox.ids import legacy_id
from sandbox.model import Allergy, Diagnosis
from sandbox.rest.caller import caller
from sandbox.rest.reading import seen
from sandbox.rest.values import concept, day, instant

Json = dict[str, Any]


def of_patient(call: Call) -> list[Json]:
    who = caller(call)
    return [_allergy(one) for one in seen(call, who, Allergy, who.patient_named(call.params["patientId"]))]


def diagnoses_2014(call: Call) -> list[Json]:
    who = caller(call)
    return [_diagnosis(one) for one in seen(call, who, Diagnosis, who.own_record())]


def _allergy(one: Allergy) -> Json:
    return {
        "id": legacy_id(one.id),
        "substanceCode": concept(one.allergen),
        "onsetOfSymptoms": instant(one.onset_at) if one.onset_at else None,
        "reactions": [{"displayText": text, "codings": None} for text in one.reactions],
        "severity": concept(one.severity),
        "privacyLabel": one.label,
    }


def _diagnosis(one: Diagnosis) -> Json:
    return {"id": legacy_id(one.id), "startDate": day(one.diagnosed_at), "endDate": None, "results": []}
