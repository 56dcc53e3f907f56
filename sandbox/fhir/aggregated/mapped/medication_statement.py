"""MedicationStatement: a medication, current or past.

Source: *Aggregated MedicationStatement*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3583082497/Aggregated+MedicationStatement
"""

from __future__ import annotations

import re
from datetime import datetime

from sandbox.fhir.aggregated.mapped.common import (
    Json,
    concept,
    external_identifier,
    patient_reference,
    period,
    without_empty,
)
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.fhir.base.json import Number
from sandbox.model import Code, Medication
from sandbox.store import Store

_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


def to_r4(store: Store, medication: Medication, now: datetime) -> Json:
    """Map a medication to `aggregated-medicationstatement`; one whose end has passed is stopped."""
    return without_empty(
        {
            "resourceType": "MedicationStatement",
            "identifier": external_identifier(medication),
            "status": "stopped" if medication.end_at is not None and medication.end_at <= now else "active",
            "medicationCodeableConcept": concept(medication.substance),
            "subject": patient_reference(medication),
            "effectivePeriod": period(medication.start_at, medication.end_at),
            "note": [{"text": medication.note}] if medication.note else [],
            "dosage": _dosage(medication),
        }
    )


def _dosage(medication: Medication) -> list[Json]:
    """Return frequency and dose: a number with its units, or else part of the text."""
    dose, number = medication.dose.strip(), _NUMBER.fullmatch(medication.dose.strip())
    # FHIR's dose is a number; doses such as "one or two" remain part of the text.
    quantity = {"value": Number(dose), **_units(medication.dose_units)} if number else {}
    words = (
        [medication.frequency] if number else [dose, medication.dose_units.text if dose else "", medication.frequency]
    )
    text = " ".join(word for word in words if word)
    dosage = without_empty({"text": text, "doseAndRate": [{"doseQuantity": quantity}] if quantity else []})
    return [dosage] if dosage else []


def _units(units: Code) -> Json:
    """Return a quantity: PKB's own unit codes have no unit and system; other units are in an extension."""
    if units.code and not units.system:
        return {"code": units.code}
    name = units.text or units.code
    return {"extension": [{"url": f"{STRUCTURE}/dose-units", "valueString": name}]} if name else {}
