"""The FHIR endpoints as rows: their path, their release and their column of the access matrix.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import facts


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirEndpoint:
    """One endpoint. `api` is its column of the access matrix; an empty `statement` means that it is not built yet.

    An interaction that is not offered is answered with the status `not_offered`: 400 as HAPI's plain server does, or
    405 with the method that it `offers`.
    """

    api: str
    prefix: str
    release: str
    statement: str = ""
    not_offered: int = 405
    offers: str = "GET"


FACADE = FhirEndpoint(api="facade", prefix="/fhir", release="stu3", statement="facade", not_offered=400)
MESSAGING = FhirEndpoint(api="messaging", prefix="/phr-fhir", release="stu3", statement="messaging", offers="POST")
CUSTOMER = FhirEndpoint(api="customer", prefix="/customer", release="r4")
AGGREGATED = FhirEndpoint(api="aggregated", prefix="/aggregated/fhir", release="r4", statement="aggregated")

ENDPOINTS = (FACADE, MESSAGING, CUSTOMER, AGGREGATED)

DEMOGRAPHIC = frozenset(facts.value("access.action-of-request"))
"""Types and operations that `read_demographics`; every other one is clinical."""


def action_of(method: str, type_: str, operation: str = "") -> str:
    """Return the action of a request in the access matrix, if no statement specifies it."""
    if operation == "$process-message" or (method not in ("GET", "HEAD") and not operation):
        return "send_data"
    demographic = type_ in DEMOGRAPHIC or operation in DEMOGRAPHIC
    return "read_demographics" if demographic else "read_clinical"
