"""Every element of the mapped kinds of data: with everything known, and with as little as there may be."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.fhir.aggregated.mapped import (
    allergy_intolerance,
    appointment,
    communication,
    condition,
    encounter,
    medication_statement,
    observation,
)
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.fhir.base.json import render
from sandbox.model import (
    Allergy,
    Appointment,
    Code,
    Diagnosis,
    Encounter,
    EncounterEvent,
    LabResult,
    Medication,
    Message,
    Name,
    Participant,
    Source,
)
from sandbox.store import Store

Json = dict[str, Any]
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TEXT = "2026-06-01T12:00:00Z"
COMMON: Json = {"id": "1", "patient": "p", "source": Source(), "entered_at": AT, "persisted_at": AT}
SUBJECT = {"reference": "Patient/p"}
STORE = Store()


def mapped(resource: Json | None) -> Json:
    """A resource as a client reads it, without the elements that are in each of its kind."""
    assert resource is not None
    read: Json = json.loads(render(resource))
    return {name: value for name, value in read.items() if name not in ("resourceType", "subject", "patient")}


def result(**more: Any) -> LabResult:
    return LabResult(**{**COMMON, "report": "r", "code": Code(), "at": AT, **more})


ISSUED: Json = {"status": "final", "code": {"text": "Result"}, "effectiveDateTime": TEXT, "issued": TEXT}
RESULTS: dict[str, tuple[Json, Json]] = {
    "little": ({}, {}),
    "a code": ({"code": Code(text="Sodium")}, {"code": {"text": "Sodium"}}),
    "a number": ({"value": Decimal("1E+2")}, {"valueQuantity": {"value": 100}}),
    "zero": ({"value": Decimal("0"), "text": "none"}, {"valueQuantity": {"value": 0}}),
    "a unit by its text": (
        {"value": Decimal(1), "unit": Code(code="mmol", text="mmol/L")},
        {"valueQuantity": {"value": 1, "unit": "mmol/L"}},
    ),
    "a unit by its code": (
        {"value": Decimal(1), "unit": Code(code="mmol")},
        {"valueQuantity": {"value": 1, "unit": "mmol"}},
    ),
    "a comparator": (
        {"value": Decimal(1), "comparator": "<"},
        {"valueQuantity": {"value": 1, "comparator": "<"}},
    ),
    "another sign": ({"value": Decimal(1), "comparator": "~"}, {"valueQuantity": {"value": 1}}),
    "a text": ({"text": "Positive", "comparator": "<"}, {"valueString": "Positive"}),
    "a flag": (
        {"abnormal_flag": "H"},
        {"interpretation": [{"coding": [{"system": observation.FLAGS, "code": "H"}]}]},
    ),
    "comments": ({"comments": "Haemolysed"}, {"note": [{"text": "Haemolysed"}]}),
    "a range": ({"reference_range": "1-2"}, {"referenceRange": [{"text": "1-2"}]}),
    "released later": ({"released_at": AT + timedelta(days=1)}, {"issued": "2026-06-02T12:00:00Z"}),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_has_the_elements_that_are_known(name: str):
    changes, elements = RESULTS[name]
    resource = observation.to_r4(STORE, result(**changes))
    assert mapped(resource) == {**ISSUED, "category": [{"coding": [observation.CATEGORY]}], **elements}


def test_a_deleted_result_and_a_draft_are_not_mapped():
    assert observation.to_r4(STORE, result(deleted=True)) is None
    message = Message(**COMMON, conversation="c", at=AT, subject="Hello", sender="nobody")
    assert communication.to_r4(STORE, replace(message, status="DRAFT")) is None
    assert communication.to_r4(STORE, replace(message, status="SENT")) is not None


def event(type_: str, day: int, **more: Any) -> EncounterEvent:
    return EncounterEvent(id=f"{type_}{day}", type=type_, at=AT + timedelta(days=day), entered_at=AT, **more)


DR, NURSE = (Participant(name=Name(family=text)) for text in ("Doctor", "Nurse"))
ADMITTED, MOVED = event("ADMIT", 0, class_="HOME", location="A&E", participants=(DR,)), event("TRANSFER", 1)
LEFT, AGAIN = event("DISCHARGE", 2, class_="EMERGENCY"), event("DISCHARGE", 3, location="Ward 2", participants=(NURSE,))
BEGUN, OUT = {"start": TEXT}, {"start": TEXT, "end": "2026-06-03T12:00:00Z"}
VISITS: dict[str, tuple[tuple[EncounterEvent, ...], Json, Json]] = {
    "no event": ((), encounter.UNKNOWN, {}),
    "an admission": (
        (ADMITTED,),
        {"system": encounter.ACT_CODE, "code": "HH"},
        {
            "period": BEGUN,
            "location": [{"location": {"display": "A&E"}}],
            "participant": [{"individual": {"display": DR.name.display}}],
        },
    ),
    "a transfer, which came first": ((MOVED, ADMITTED), encounter.UNKNOWN, {"period": BEGUN}),
    "a discharge": ((ADMITTED, MOVED, LEFT), {"system": encounter.ACT_CODE, "code": "EMER"}, {"period": OUT}),
    "two discharges": (
        (AGAIN, LEFT, ADMITTED),
        encounter.UNKNOWN,
        {
            "period": {"start": TEXT, "end": "2026-06-04T12:00:00Z"},
            "location": [{"location": {"display": "Ward 2"}}],
            "participant": [{"individual": {"display": NURSE.name.display}}],
        },
    ),
}


@pytest.mark.parametrize("name", VISITS)
def test_a_visit_has_the_class_of_its_newest_event_and_ends_with_the_discharge(name: str):
    events, class_, elements = VISITS[name]
    resource = encounter.to_r4(STORE, Encounter(**COMMON, events=events))
    assert mapped(resource) == {"status": "unknown", "class": class_, **elements}


def test_a_diagnosis_has_the_elements_that_are_known():
    bare = Diagnosis(**COMMON, diagnosis=Code(text="Gout"))
    expected = {"category": [{"coding": [condition.CATEGORY]}], "code": {"text": "Gout"}, "recordedDate": TEXT}
    assert mapped(condition.to_r4(STORE, bare)) == expected
    whole = replace(bare, diagnosed_at=AT, clinician="Dr D", note="Mild")
    more = {"onsetDateTime": TEXT, "asserter": {"display": "Dr D"}, "note": [{"text": "Mild"}]}
    assert mapped(condition.to_r4(STORE, whole)) == {**expected, **more}


@pytest.mark.parametrize(
    ("code", "severity"), [("SV", "severe"), ("MO", "moderate"), ("MI", "mild"), ("U", ""), ("", "")]
)
def test_an_allergy_has_the_elements_that_are_known(code: str, severity: str):
    bare = Allergy(**COMMON, allergen=Code(text="Nuts"), severity=Code(code=code))
    status = {"coding": [{"system": allergy_intolerance.CLINICAL, "code": "active"}]}
    expected = {"clinicalStatus": status, "code": {"text": "Nuts"}, "recordedDate": TEXT}
    assert mapped(allergy_intolerance.to_r4(STORE, bare)) == expected
    whole = replace(bare, onset_at=AT, provider="Dr D", reactions=("Rash", "Itch"))
    reactions = [
        {"manifestation": [{"text": text}], **({"severity": severity} if severity else {})} for text in whole.reactions
    ]
    more = {"onsetDateTime": TEXT, "asserter": {"display": "Dr D"}, "reaction": reactions}
    assert mapped(allergy_intolerance.to_r4(STORE, whole)) == {**expected, **more}


def test_an_appointment_has_the_elements_that_are_known():
    bare = Appointment(**COMMON, subject="")
    patient = {"actor": SUBJECT, "status": "accepted"}
    expected: Json = {"status": "booked", "participant": [patient]}
    assert mapped(appointment.to_r4(STORE, bare)) == expected
    people = (Participant(name=Name(family="D"), role="Doctor"), Participant(name=Name(family="N")))
    whole = replace(bare, status="DNA", subject="Review", description="Bring it", type=Code(code="c", text="t"),
                    start_at=AT, end_at=AT, location="Level 2", specialty="361", participants=people)  # fmt: skip
    assert mapped(appointment.to_r4(STORE, whole)) == {
        "status": "noshow",
        "serviceType": [{"coding": [{"code": "c", "display": "t"}]}],
        "specialty": [{"coding": [{"code": "361"}]}],
        "appointmentType": {"coding": [{"display": "Review"}]},
        "start": TEXT,
        "end": TEXT,
        "comment": "Bring it",
        "participant": [
            patient,
            {"actor": {"display": people[0].name.display}, "type": [{"text": "Doctor"}], "status": "accepted"},
            {"actor": {"display": people[1].name.display}, "status": "accepted"},
            {"actor": {"display": "Level 2"}, "status": "accepted"},
        ],
    }


def test_a_medication_has_the_elements_that_are_known():
    bare = Medication(**COMMON, substance=Code(text="Aspirin"))
    expected = {"status": "active", "medicationCodeableConcept": {"text": "Aspirin"}}
    assert mapped(medication_statement.to_r4(STORE, bare, AT)) == expected
    whole = replace(
        bare, start_at=AT - timedelta(days=1), end_at=AT, note="With food", dose="0.5", dose_units=Code(text="mg")
    )
    unit = {"url": f"{STRUCTURE}/dose-units", "valueString": "mg"}
    assert mapped(medication_statement.to_r4(STORE, whole, AT)) == {
        **expected,
        "status": "stopped",
        "effectivePeriod": {"start": "2026-05-31T12:00:00Z", "end": TEXT},
        "note": [{"text": "With food"}],
        "dosage": [{"doseAndRate": [{"doseQuantity": {"value": 0.5, "extension": [unit]}}]}],
    }
