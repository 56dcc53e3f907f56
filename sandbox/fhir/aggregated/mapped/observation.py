"""Observation: a laboratory result. Mapped only with the setting `aggregated_all_mapped`.

Source: *Entity: Lab Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, concept, date_time, patient_reference, without_empty
from sandbox.fhir.base.json import Number
from sandbox.model import LabResult
from sandbox.store import Store

CATEGORY = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
COMPARATORS = ("<", "<=", ">=", ">")
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def to_r4(store: Store, result: LabResult) -> Json | None:
    """Map a result with its value, unit and range; None for a deleted one."""
    if result.deleted:
        return None
    return without_empty(
        {
            "resourceType": "Observation",
            "status": "final",
            "category": [{"coding": [CATEGORY]}],
            # R4 requires a code, but a message may come without one.
            "code": concept(result.code) or {"text": "Result"},
            "subject": patient_reference(result),
            "effectiveDateTime": date_time(result.at),
            "issued": date_time(result.released_at or result.persisted_at),
            "valueQuantity": _quantity(result),
            "valueString": "" if result.value is not None else result.text,
            "interpretation": [{"coding": [{"system": FLAGS, "code": result.abnormal_flag}]}]
            if result.abnormal_flag
            else [],
            "note": [{"text": result.comments}] if result.comments else [],
            "referenceRange": [{"text": result.reference_range}] if result.reference_range else [],
        }
    )


def _quantity(result: LabResult) -> Json:
    if result.value is None:
        return {}
    unit = result.unit.text or result.unit.code
    comparator = result.comparator if result.comparator in COMPARATORS else ""
    # `:f` writes plain digits: `str` of a Decimal may have an exponent, such as 1E+2.
    return without_empty({"value": Number(f"{result.value:f}"), "comparator": comparator, "unit": unit})
