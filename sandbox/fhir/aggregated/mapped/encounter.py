"""Encounter: a visit and its events. Mapped only with the setting `aggregated_all_mapped`.

Source: *Facade Encounter*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077286
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, external_identifier, patient_reference, period, without_empty
from sandbox.fhir.rendered.encounter_classes import CLASSES
from sandbox.model import Encounter
from sandbox.store import Store

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
UNKNOWN = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}


def to_r4(store: Store, encounter: Encounter) -> Json:
    """Map a visit, with the class of its newest event; it is finished after a discharge."""
    events = sorted(encounter.events, key=lambda event: event.at)
    newest = events[-1] if events else None
    code = CLASSES.get(newest.class_) if newest else None
    discharged = next((event.at for event in reversed(events) if event.type == "DISCHARGE"), None)
    return without_empty(
        {
            "resourceType": "Encounter",
            "identifier": external_identifier(encounter),
            "status": "unknown",
            # R4 requires a class; PKB's OTHER has no code of HL7's.
            "class": {"system": ACT_CODE, "code": code} if code else UNKNOWN,
            "subject": patient_reference(encounter),
            "period": period(events[0].at if events else None, discharged),
            "location": [{"location": {"display": newest.location}}] if newest and newest.location else [],
            "participant": [
                {"individual": {"display": p.name.display}} for p in (newest.participants if newest else ())
            ],
        }
    )
