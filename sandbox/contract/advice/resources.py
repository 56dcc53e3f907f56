"""Advice on identifiers, codes and labels: in resources that a client sends, and in its searches."""

from __future__ import annotations

import re
from typing import Any

from sandbox.contract.observed import ObservedExchange, objects_in
from sandbox.fhir.aggregated.intake import upstream
from sandbox.model.organisation import LABELS

NUMBER_TYPES = ("NHS", "NH")
"""Beginnings of PID-3.5 of national numbers, whose authority is known."""
DEMOGRAPHIC = frozenset({"Patient", "Practitioner", "PractitionerRole", "Organization", "Location", "RelatedPerson"})
"""Types that Aggregated shows without a label."""
_ENDPOINT = re.compile(r"/customer/([^/]+)/")
_HOST = re.compile(r"([^.]+)\.fhir-api\.")


def has_identifier_without_system(observed: ObservedExchange) -> bool:
    if observed.message is not None:
        return _has_number_without_authority(observed)
    if not observed.is_fhir:
        return False
    # The last part of a chain (`patient.identifier`), without its modifier.
    searched = [value for name, value in observed.query if name.rpartition(".")[2].partition(":")[0] == "identifier"]
    # `|value` has no system on purpose: it asks for identifiers without one.
    if any(part and not part.partition("|")[1] for value in searched for part in value.split(",")):
        return True
    return any(
        name == "identifier" and "value" in identifier and not identifier.get("system")
        for resource in observed.resources
        for name, identifier in objects_in(resource)
    )


def _has_number_without_authority(observed: ObservedExchange) -> bool:
    """A number of PID-3 with neither an assigning authority nor a type of national numbers."""
    segment = observed.message.segment("PID") if observed.message else None
    return segment is not None and any(
        number.component(1) and not number.component(4) and not number.component(5).startswith(NUMBER_TYPES)
        for number in segment.repetitions(3)
    )


def has_code_without_system(observed: ObservedExchange) -> bool:
    return observed.is_fhir and any(
        name == "coding" and coding.get("code") and not coding.get("system")
        for resource in observed.resources
        for name, coding in objects_in(resource)
    )


def is_unlabelled(observed: ObservedExchange) -> bool:
    """A resource that a Customer stored and Aggregated shows, without a privacy label."""
    exchange = observed.exchange
    if exchange.api != "customer" or exchange.outcome != "accepted" or _endpoint(observed) in observed.labelled:
        return False
    aggregated = upstream.types()
    return any(
        resource.get("resourceType") in aggregated
        and resource.get("resourceType") not in DEMOGRAPHIC
        and not _has_label(resource)
        for resource in observed.resources
    )


def _endpoint(observed: ObservedExchange) -> str:
    match = _ENDPOINT.search(observed.exchange.path) or _HOST.match(observed.headers.get("host", ""))
    return match[1] if match else ""


def _has_label(resource: dict[str, Any]) -> bool:
    meta = resource.get("meta")
    security = meta.get("security") if isinstance(meta, dict) else None
    labels = security if isinstance(security, list) else []
    return any(isinstance(label, dict) and label.get("code") in LABELS for label in labels)


def creates_without_identifier(observed: ObservedExchange) -> bool:
    criteria = observed.headers.get("if-none-exist")
    return criteria is not None and observed.is_fhir and "identifier=" not in criteria
