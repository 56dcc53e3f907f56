"""Organization: an organisation of PKB, or one of its teams.

Source: *Entity: Organisation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3752722465 ; *Creating FHIR
Organization*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4643782691/Creating+FHIR+Organization
"""

from __future__ import annotations

from sandbox.fhir.aggregated.linking.identity import ODS_CODE, ORG_CODE
from sandbox.fhir.aggregated.mapped.common import Json, without_empty
from sandbox.fhir.aggregated.output.meta import STRUCTURE
from sandbox.model import Organisation, Team
from sandbox.store import Store


def to_r4(store: Store, organisation: Organisation) -> Json:
    """Map an organisation. Its code has both systems that link a Customer's Organization to it."""
    return without_empty(
        {
            "resourceType": "Organization",
            "extension": [{"url": f"{STRUCTURE}/time-zone-id", "valueString": organisation.time_zone}],
            "identifier": [
                {"system": system, "value": organisation.code} for system in (ORG_CODE, ODS_CODE) if organisation.code
            ],
            "active": True,
            "name": organisation.name,
        }
    )


def team_to_r4(store: Store, team: Team) -> Json:
    return {
        "resourceType": "Organization",
        "active": True,
        "name": team.name,
        "partOf": {"reference": f"Organization/{team.organisation}"},
    }
