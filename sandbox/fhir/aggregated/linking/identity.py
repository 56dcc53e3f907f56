"""Who is who across feeds: identifier systems, and the ids of aggregated resources.

Source: *Extract Patient*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.fhir.base.identifiers import identifier_systems, national_types
from sandbox.ids import aggregated_id, named_uuid
from sandbox.model import Patient
from sandbox.store import Store

Json = dict[str, Any]

PKB = "pkb"
"""The feed of PKB's own data. No Customer endpoint has this name."""

PUBLIC_ID = ("http://fhir.patientsknowbest.com/id/public-id", "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d")
"""The systems of PKB's public ids of patients: the first is the one that we write."""

ORG_CODE = "http://fhir.patientsknowbest.com/id/org-code"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
"""The systems by which an organisation of PKB is known: the code that PKB gave it, and its ODS code."""


def national_system(system: str) -> bool:
    return system in national_types()


def copied_id(upstream: str) -> str:
    """The id of the copy of one upstream resource: always the same for the same resource."""
    feed, _, id_ = upstream.split("/", 2)
    return aggregated_id(id_) if feed == PKB else named_uuid(upstream)


def merged_id(type_: str, key: str) -> str:
    """The id of what a group merges into, made of one of its keys."""
    return named_uuid(f"{type_}?{key}")


def record_target(record: str) -> str:
    """The aggregated Patient, `Patient/id`, of a record of PKB with a public id."""
    return f"Patient/{aggregated_id(record)}"


def patient_keys(resource: Json) -> Iterator[tuple[str, str]]:
    """System and value of the numbers that make a Patient known: national ones, and PKB's public id."""
    for identifier in resource.get("identifier", ()):
        code = national_types().get(identifier["system"])
        if code is not None:
            yield identifier_systems()[code], identifier["value"]
        elif identifier["system"] in PUBLIC_ID:
            yield PUBLIC_ID[0], identifier["value"].lower()


def keys_of_record(patient: Patient) -> set[str]:
    """The keys, `system|value`, by which a record of PKB is known."""
    systems = identifier_systems()
    numbers = {
        f"{systems[identifier.type]}|{identifier.value}"
        for identifier in patient.identifiers
        if identifier.type in systems
    }
    return {*numbers, f"{PUBLIC_ID[0]}|{patient.id}"}


def holders(store: Store, key: str) -> tuple[str, ...]:
    """The public ids of the records that hold the number of a key."""
    system, _, value = key.partition("|")
    if system in PUBLIC_ID:
        return (value,) if store.find_one(Patient, value) is not None else ()
    return tuple(store.ids(Patient, "identifier", (national_types()[system], value)))
