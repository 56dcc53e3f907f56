"""Identity across feeds: identifier systems, and the ids of aggregated resources.

Source: *Extract Patient*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.base.ids import aggregated_id, named_uuid
from sandbox.fhir.base.identifiers import identifier_systems, national_types
from sandbox.model import Patient
from sandbox.store import Store

Json = dict[str, Any]

PKB = "pkb"
"""The feed of PKB's own data. No Customer endpoint has this name."""

PUBLIC_ID = ("http://fhir.patientsknowbest.com/id/public-id", "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d")
"""The systems of patients' public ids; the sandbox writes the first."""

ORG_CODE = "http://fhir.patientsknowbest.com/id/org-code"
ODS_CODE = "https://fhir.nhs.uk/Id/ods-organization-code"
"""The systems of a PKB organisation: the code from PKB, and its ODS code."""


def national_system(system: str) -> bool:
    return system in national_types()


def copied_id(upstream: str) -> str:
    """Return the id of the copy of one upstream resource: always the same for the same resource."""
    feed, _, id_ = upstream.split("/", 2)
    return aggregated_id(id_) if feed == PKB else named_uuid(upstream)


def merged_id(type_: str, key: str) -> str:
    """Return the id of a group's resource, derived from one of its keys."""
    return named_uuid(f"{type_}?{key}")


def record_target(record: str) -> str:
    """Return the aggregated Patient, `Patient/id`, of the PKB record with a public id."""
    return f"Patient/{aggregated_id(record)}"


def patient_keys(resource: Json) -> Iterator[tuple[str, str]]:
    """Return system and value of the numbers that identify a Patient: national ones, and PKB's public id."""
    for identifier in resource.get("identifier", ()):
        code = national_types().get(identifier["system"])
        if code is not None:
            yield identifier_systems()[code], identifier["value"]
        elif identifier["system"] in PUBLIC_ID:
            # Both systems mean the same id, so both yield the same key.
            yield PUBLIC_ID[0], identifier["value"].lower()


def keys_of_record(patient: Patient) -> set[str]:
    """Return the keys, `system|value`, that identify a PKB record."""
    systems = identifier_systems()
    numbers = {
        f"{systems[identifier.type]}|{identifier.value}"
        for identifier in patient.identifiers
        if identifier.type in systems
    }
    return {*numbers, f"{PUBLIC_ID[0]}|{patient.id}"}


def holders(store: Store, key: str) -> tuple[str, ...]:
    """Return the public ids of the records with the number of a key."""
    system, _, value = key.partition("|")
    if system in PUBLIC_ID:
        return (value,) if store.find_one(Patient, value) is not None else ()
    return tuple(store.ids(Patient, "identifier", (national_types()[system], value)))
