"""AllergyIntolerance: an allergy. Mapped only with the setting `aggregated_all_mapped`.

Source: *Entity: Allergy*,
https://pkbdev.atlassian.net/wiki/pages/diffpagesbyversion.action?pageId=3736141825&selectedPageVersions=15&selectedPageVersions=16
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import (
    Json,
    concept,
    date_time,
    external_identifier,
    patient_reference,
    without_empty,
)
from sandbox.model import Allergy
from sandbox.store import Store

CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
SEVERITIES = {"SV": "severe", "MO": "moderate", "MI": "mild"}
"""HL7's codes of severity (table 0128) → FHIR's."""


def to_r4(store: Store, allergy: Allergy) -> Json:
    return without_empty(
        {
            "resourceType": "AllergyIntolerance",
            "identifier": external_identifier(allergy),
            # R4's invariant ait-1: without a verification status the clinical status is required.
            "clinicalStatus": {"coding": [{"system": CLINICAL, "code": "active"}]},
            "code": concept(allergy.allergen),
            "patient": patient_reference(allergy),
            "onsetDateTime": date_time(allergy.onset_at),
            "recordedDate": date_time(allergy.entered_at),
            "asserter": {"display": allergy.provider} if allergy.provider else {},
            "reaction": [_reaction(allergy, reaction) for reaction in allergy.reactions],
        }
    )


def _reaction(allergy: Allergy, manifestation: str) -> Json:
    severity = SEVERITIES.get(allergy.severity.code, "")
    return without_empty({"manifestation": [{"text": manifestation}], "severity": severity})
