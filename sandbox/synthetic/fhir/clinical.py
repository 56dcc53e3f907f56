"""Clinical resources from a patient's history: resources, messages and data points describe the same events."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sandbox.base.clock import instant
from sandbox.model import Code, LabReport, LabResult, Measurement
from sandbox.synthetic.fhir.datatypes import amount
from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.scene import logical_id
from sandbox.synthetic.fhir.tables import LOCAL, coding
from sandbox.synthetic.people.history import history
from sandbox.synthetic.people.told import History, clinical

Json = dict[str, Any]
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"


@lru_cache(maxsize=16)
def _cached_history(seed: int, number: int, as_of: datetime) -> History:
    return history(seed, number, as_of)


def _entry_of_repeat(making: Making, entries: Sequence[Any]) -> Any:
    """Return the event of this repeat; None if there is none."""
    return entries[making.scene.repeat % len(entries)] if entries else None


def _history(making: Making) -> History:
    scene = making.scene
    return _cached_history(scene.seed, scene.number, scene.as_of)


def observation(making: Making) -> Json:
    """Build a laboratory result or a measurement, with its unit; a result also with range and flag."""
    patient_history = _history(making)
    results = [(report, result) for report, lab_results in patient_history.results for result in lab_results]
    chosen = _entry_of_repeat(
        making, [*results[:3], *((None, measurement) for measurement in patient_history.measurements), *results[3:]]
    )
    report, reading = chosen
    elements = _result(making, report, reading) if report else _measurement(making, reading)
    only = dict.fromkeys(
        ("bodySite", "dataAbsentReason", "focus", "hasMember", "derivedFrom", "method", "device", "partOf")
    )
    # None and [] omit an element that `instance` would otherwise generate at random, beside this history.
    return {**only, "component": [], "status": "final", "effectiveDateTime": instant(reading.at), **elements}


def _result(making: Making, report: LabReport, result: LabResult) -> Json:
    row = _row("panel", lambda panel: panel["code"] == result.service.code)
    test = next(test for test in row["tests"] if test["code"] == result.code.code)
    ends = {end: amount(test[end], test["unit"], test["ucum"]) for end in ("low", "high")}
    return {
        "category": [_concept(making, "hl7:observation-category laboratory Laboratory")],
        "code": _loinc(test["loinc"], result.code.text),
        "issued": instant(report.entered_at),
        "valueQuantity": amount(_number(result.value), test["unit"], test["ucum"]),
        "interpretation": _interpretation(making, result.abnormal_flag),
        "referenceRange": [{**ends, "text": f"{result.reference_range} {test['unit']}"}],
    }


def _measurement(making: Making, reading: Measurement) -> Json:
    row = _row("measurement", lambda measurement: measurement["code"] == reading.code.code)
    elements: Json = {
        "category": [_concept(making, "hl7:observation-category vital-signs Vital Signs")],
        "issued": instant(reading.entered_at),
        "interpretation": [],
        "referenceRange": [],
    }
    if "second" not in row:
        value = amount(_number(reading.value), row["unit"], row["ucum"])
        return {**elements, "code": _loinc(row["loinc"], reading.code.text), "valueQuantity": value}
    halves = ((row, reading.value), (row["second"], reading.value2))
    return {
        **elements,
        "code": _loinc("85354-9", "Blood pressure"),
        "valueQuantity": None,
        "component": [
            {
                "code": _loinc(half["loinc"], half["text"]),
                "valueQuantity": amount(_number(value), row["unit"], row["ucum"]),
            }
            for half, value in halves
        ],
    }


def _interpretation(making: Making, flag: str) -> Any:
    names = {"N": "Normal", "L": "Low", "H": "High"}
    concept = _concept(making, f"v3:ObservationInterpretation {flag} {names[flag]}")
    return [concept] if making.scene.release == "r4" else concept


def diagnostic_report(making: Making) -> Json:
    """Build a laboratory report that refers to its results."""
    report, results = _entry_of_repeat(making, _history(making).results)
    row = _row("panel", lambda panel: panel["code"] == results[0].service.code)
    return {
        "status": "final",
        "code": {"coding": [coding(making.scene.release, f"loinc {row['loinc']}")], "text": row["text"]},
        "effectiveDateTime": instant(results[0].at),
        "issued": instant(report.entered_at),
        "conclusion": None,
        "codedDiagnosis": [],
        "conclusionCode": [],
    }


def condition(making: Making) -> Json:
    diagnosis = _entry_of_repeat(making, _history(making).diagnoses)
    return {"code": _snomed(diagnosis.diagnosis), "onsetDateTime": _day(diagnosis.diagnosed_at)} if diagnosis else {}


def medication_statement(making: Making) -> Json:
    medication = _entry_of_repeat(making, _history(making).medications)
    if medication is None:
        return {}
    dosage = {"text": f"{medication.dose} {medication.dose_units.text}, {medication.frequency.lower()}"}
    return {
        "status": "active",
        "medicationCodeableConcept": _snomed(medication.substance),
        "effectivePeriod": {"start": _day(medication.start_at)},
        "dateAsserted": instant(medication.entered_at),
        "dosage": [dosage],
    }


def allergy_intolerance(making: Making) -> Json:
    patient_allergy = _entry_of_repeat(making, _history(making).allergies)
    if patient_allergy is None:
        return {}
    row = _row("allergy", lambda allergy: allergy["code"] == patient_allergy.allergen.code)
    code, _, text = row["substance"].partition(" ")
    return {"code": _snomed(Code(code=code, text=text)), "onsetDateTime": _day(patient_allergy.onset_at)}


def encounter(making: Making) -> Json:
    visit = _entry_of_repeat(making, _history(making).encounters)
    admitted, left = (event.at for event in visit.events)
    clinic = _row("clinic", lambda clinic: clinic["specialty"] == visit.specialty)
    return {
        "status": "finished",
        "class": coding(making.scene.release, "v3:ActCode IMP inpatient encounter"),
        "serviceType": _concept(making, f"sct {clinic['snomed']}"),
        "period": {"start": instant(admitted), "end": instant(left)},
        "statusHistory": [],
        "classHistory": [],
    }


def appointment(making: Making) -> Json:
    booking = _entry_of_repeat(making, _history(making).appointments)
    ahead = booking.start_at > making.scene.as_of
    clinic = _row("clinic", lambda clinic: booking.subject.startswith(clinic["name"]))
    return {
        "status": "booked" if ahead else "fulfilled",
        "description": booking.subject,
        "specialty": [_concept(making, f"sct {clinic['snomed']}")],
        "start": instant(booking.start_at),
        "end": instant(booking.end_at),
        "minutesDuration": 20,
        "created": instant(booking.entered_at),
        "requestedPeriod": [],
    }


def document_reference(making: Making) -> Json:
    """Build a letter, with the PDF in the record."""
    document, file = _entry_of_repeat(making, _history(making).documents)
    attachment = {
        "contentType": file.media_type,
        "language": "en-GB",
        "data": base64.b64encode(file.content).decode(),
        "title": document.title,
        "creation": instant(document.at),
    }
    date_element = {"date": instant(document.at)} if making.scene.release == "r4" else {"indexed": instant(document.at)}
    return {
        "status": "current",
        "docStatus": "final",
        "type": _concept(making, "loinc 18842-5 Discharge summary"),
        "description": document.title,
        "content": [{"attachment": attachment}],
        **date_element,
    }


def questionnaire(making: Making) -> Json:
    row = _questionnaire(making)
    options = "answerOption" if making.scene.release == "r4" else "option"
    return {
        "name": row["name"],
        "title": row["title"],
        "status": "active",
        "subjectType": ["Patient"],
        "code": [coding(making.scene.release, f"loinc {row['loinc']}")],
        "item": [
            {
                "linkId": str(number),
                "code": [{"system": LOINC, "code": question["loinc"], "display": question["text"]}],
                "text": question["text"],
                "type": "choice",
                "required": True,
                options: [{"valueCoding": _option(text)} for text in question["options"]],
            }
            for number, question in enumerate(row["questions"], 1)
        ],
    }


def questionnaire_response(making: Making) -> Json:
    """Build the answers to the patient's questionnaire."""
    row = _questionnaire(making)
    number, _ = making.scene.place("Questionnaire")
    canonical = making.scene.address_of("Questionnaire")
    reference = {"reference": f"Questionnaire/{logical_id(making.scene.seed, 'Questionnaire', number, 0)}"}
    questionnaire_link: Any = (
        canonical if making.scene.release == "r4" else reference if making.scene.has("Questionnaire") else None
    )
    return {
        "questionnaire": questionnaire_link,
        "status": "completed",
        "item": [
            {
                "linkId": str(place),
                "text": question["text"],
                "answer": [{"valueCoding": _option(making.source.choice(question["options"]))}],
            }
            for place, question in enumerate(row["questions"], 1)
        ],
    }


def _option(text: str) -> Json:
    return {"system": f"{LOCAL}/CodeSystem/answers", "code": text.lower().replace(" ", "-"), "display": text}


def _questionnaire(making: Making) -> Json:
    number, _ = making.scene.place("Questionnaire")
    rows: list[Json] = clinical()["questionnaire"]
    return rows[number % len(rows)]


def _row(table: str, fits: Callable[[Json], bool]) -> Json:
    return next(row for row in clinical()[table] if fits(row))


def _concept(making: Making, row: str) -> Json:
    chosen = coding(making.scene.release, row)
    return {"coding": [chosen], "text": chosen["display"]}


def _loinc(code: str, text: str) -> Json:
    return {"coding": [{"system": LOINC, "code": code, "display": text}], "text": text}


def _snomed(code: Code) -> Json:
    return {"coding": [{"system": SNOMED, "code": code.code, "display": code.text}], "text": code.text}


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None


def _number(value: Decimal | None) -> int | float:
    assert value is not None, "synthetic results are numbers"  # noqa: S101
    return int(value) if value == value.to_integral_value() else float(value)


CLINICAL: dict[str, Callable[[Making], Json]] = {
    "AllergyIntolerance": allergy_intolerance,
    "Appointment": appointment,
    "Condition": condition,
    "DiagnosticReport": diagnostic_report,
    "DocumentReference": document_reference,
    "Encounter": encounter,
    "MedicationStatement": medication_statement,
    "Observation": observation,
    "Questionnaire": questionnaire,
    "QuestionnaireResponse": questionnaire_response,
}
"""Resource type → the function that sets the elements from the patient's history."""
