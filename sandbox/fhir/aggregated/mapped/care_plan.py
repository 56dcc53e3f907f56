"""CarePlan: a care plan. Mapped only with the setting `aggregated_all_mapped`.

Source: *Entity: Care Plan*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186945
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, date_time, external_identifier, patient_reference, without_empty
from sandbox.model import CarePlan
from sandbox.store import Store


def to_r4(store: Store, plan: CarePlan) -> Json:
    """Map a plan without its action plan, which is a file."""
    return without_empty(
        {
            "resourceType": "CarePlan",
            "identifier": external_identifier(plan),
            "status": "active",
            "intent": "plan",
            "title": plan.name,
            "subject": patient_reference(plan),
            "created": date_time(plan.created_at),
        }
    )
