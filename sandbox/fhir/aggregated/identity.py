"""Who is who across feeds: identifier systems, and the ids of aggregated resources.

Source: *Extract Patient*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272
"""

from __future__ import annotations

import uuid

from sandbox.fhir.identifiers import national_types

PUBLIC_ID = ("http://fhir.patientsknowbest.com/id/public-id", "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d")
"""The systems of PKB's public ids of patients: the first is the one that we write."""

ORG_CODE = "http://fhir.patientsknowbest.com/id/org-code"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
"""The systems by which an organisation of PKB is known: the code that PKB gave it, and its ODS code."""


def national_system(system: str) -> bool:
    return system in national_types()


def copied_id(upstream: str) -> str:
    """The id of the copy of one upstream resource: always the same for the same resource."""
    return str(uuid.uuid3(uuid.NAMESPACE_URL, upstream))


def merged_id(type_: str, keys: list[str]) -> str:
    """The id of what a group merges into: made of its smallest key."""
    return str(uuid.uuid3(uuid.NAMESPACE_URL, f"{type_}?{min(keys)}"))
