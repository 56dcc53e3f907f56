"""Transactions for Customer endpoints: an Organization, a Patient of the default world, and one resource of a type.

Resources are synthetic; of their references only those stay that lead to a resource of the same transaction, as PKB's
requirements for aggregation ask.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.synthetic.fhir import instance, resource_types

Json = dict[str, Any]
SEED = 2026
RELEASES = ("r4", "stu3")
ENDPOINTS = {"r4": "northmoor-r4", "stu3": "northmoor-stu3"}
STU3_ONLY = ("ProcedureRequest",)
"""Types of STU3 that become a type of R4 with another name."""
ORGANISATION: Json = {
    "resourceType": "Organization",
    "id": "northmoor",
    "identifier": [{"system": "http://fhir.patientsknowbest.com/id/org-code", "value": "RNM99"}],
    "name": "Northmoor NHS Trust",
}
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "tola-adeyemi",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991001379"}],
    "name": [{"use": "official", "family": "Adeyemi", "given": ["Tola", "Grace"], "prefix": ["Ms"]}],
    "gender": "female",
    "birthDate": "1988-02-14",
    "managingOrganization": {"reference": "Organization/northmoor"},
}
FIXED = {"Organization": ORGANISATION, "Patient": PATIENT}
COMPANIONS = ("Device", "Location", "Medication", "Practitioner")
"""Types to which a reference stays: the transaction contains the resource."""
LABEL: Json = {"system": "http://fhir.patientsknowbest.com/codesystem/privacy-label", "code": "GENERAL_HEALTH"}
LEFT_OUT = ("text", "language", "implicitRules", "contained")
"""Elements that say nothing about the type."""
_REFERENCE = re.compile(r"([A-Z][A-Za-z]{1,40})/[0-9a-f-]{36}")


@cache
def aggregated_types() -> tuple[str, ...]:
    """Return the R4 types that PKB aggregates."""
    table = datafiles.read_toml(datafiles.beside_code("fhir/aggregated/types.toml"))
    return tuple(table["type"])


def feed_types(release: str) -> list[str]:
    """Return the types of a release that PKB aggregates."""
    types = (*aggregated_types(), *STU3_ONLY) if release == "stu3" else aggregated_types()
    return sorted(set(types) & set(resource_types(release)))


def transaction(release: str, type_: str) -> Json:
    """Build the transaction for a type."""
    resources = [ORGANISATION, PATIENT]
    if type_ not in FIXED:
        resources += _with_targets(release, type_)
    elif type_ == "Organization":
        resources = [ORGANISATION]
    return bundle("transaction", resources)


def bundle(kind: str, resources: list[Json]) -> Json:
    """Build a transaction or batch that puts resources."""
    entries = [
        {
            "resource": resource,
            "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
        }
        for resource in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def text_of(resource: Json) -> str:
    return json.dumps(resource, indent=2, ensure_ascii=False) + "\n"


def _with_targets(release: str, type_: str) -> list[Json]:
    """Return a resource after the companions that it refers to, which refer to nothing but the organisation."""
    resource = _instance(release, type_)
    companions = sorted(set(_targets(resource)) & set(COMPANIONS) - {type_})
    alone = [_cut(_instance(release, companion), set(FIXED)) for companion in companions]
    return [*alone, _cut(resource, {*FIXED, *companions})]


@cache
def _instance(release: str, type_: str) -> Json:
    """Return a synthetic resource with short ids, about the patient."""
    resource = instance(release, type_, SEED)
    text = json.dumps({name: value for name, value in resource.items() if name not in LEFT_OUT})
    text = _REFERENCE.sub(lambda match: f"{match[1]}/{_id_of(match[1])}", text)
    # Labelled: Aggregated shows clinical resources only by their privacy label.
    return {**json.loads(text), "id": _id_of(type_), "meta": {"security": [LABEL]}}


def _id_of(type_: str) -> str:
    fixed = FIXED.get(type_)
    return str(fixed["id"]) if fixed else f"example-{type_.lower()}"


def _targets(value: Any) -> Iterator[str]:
    """Iterate over the types that a resource refers to."""
    if isinstance(value, dict):
        if _is_reference(value):
            yield _type_of(value)
        for part in value.values():
            yield from _targets(part)
    elif isinstance(value, list):
        for part in value:
            yield from _targets(part)


def _cut(value: Any, kept: set[str]) -> Any:
    """Return a value without references to types that are not kept; an entry of a list goes with its reference."""
    if isinstance(value, dict):
        if _is_reference(value):
            return {"reference": value["reference"]} if _type_of(value) in kept else None
        parts = {name: _cut(part, kept) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part not in (None, {}, [])} or None
    if isinstance(value, list):
        entries = [entry for entry in value if not _leads_elsewhere(entry, kept)]
        return [part for part in (_cut(entry, kept) for entry in entries) if part is not None]
    return value


def _leads_elsewhere(entry: Any, kept: set[str]) -> bool:
    parts = entry.values() if isinstance(entry, dict) else ()
    return any(_is_reference(part) and _type_of(part) not in kept for part in parts)


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("reference"), str)


def _type_of(reference: Json) -> str:
    return str(reference["reference"]).partition("/")[0]
