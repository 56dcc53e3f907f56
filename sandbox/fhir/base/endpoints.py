"""The FHIR endpoints as rows: their path, their release and their column of the access matrix.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import facts
from sandbox.fhir.base.dialects import AGGREGATED_AIDBOX, AIDBOX, HAPI, MESSAGING_HAPI, Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirEndpoint:
    """One endpoint. `api` is its column of the access matrix; an empty `statement` means that it is not built yet.

    `offers` is the method in the header Allow of an interaction that is not offered.
    """

    api: str
    prefix: str
    release: str
    dialect: Dialect
    statement: str = ""
    offers: str = "GET"


FACADE = FhirEndpoint(api="facade", prefix="/fhir", release="stu3", dialect=HAPI, statement="facade")
MESSAGING = FhirEndpoint(
    api="messaging", prefix="/phr-fhir", release="stu3", dialect=MESSAGING_HAPI, statement="messaging", offers="POST"
)
CUSTOMER = FhirEndpoint(api="customer", prefix="/customer", release="r4", dialect=AIDBOX)
AGGREGATED = FhirEndpoint(
    api="aggregated", prefix="/aggregated/fhir", release="r4", dialect=AGGREGATED_AIDBOX, statement="aggregated"
)

ENDPOINTS = (FACADE, MESSAGING, CUSTOMER, AGGREGATED)

DEMOGRAPHIC = frozenset(facts.value("access.action-of-request"))
"""Types and operations that `read_demographics`; every other one is clinical."""


def action_of(method: str, type_: str, operation: str = "") -> str:
    """Return the action of a request in the access matrix, if no statement specifies it."""
    if operation == "$process-message" or (method not in ("GET", "HEAD") and not operation):
        return "send_data"
    demographic = type_ in DEMOGRAPHIC or operation in DEMOGRAPHIC
    return "read_demographics" if demographic else "read_clinical"
